import { expect, it } from "vitest";
import { checkNetworkConfig } from "./check.ts";

const paths = (config: object | string) =>
  checkNetworkConfig(typeof config === "string" ? config : JSON.stringify({ cniVersion: "1.0.0", ...config }))
    .filter(({ code }) => code === "HOST_PATH")
    .map(({ path, severity }) => {
      expect(severity).toBe("warning");
      return path;
    });

it.each([
  ["Multus with a log of its own", { type: "multus", logFile: "/etc/cron.d/x" }, ["type", "logFile"]],
  ["the shim's socket", { type: "multus-shim", daemonSocketDir: "/tmp" }, ["type", "daemonSocketDir"]],
  ["calico's log", { type: "calico", log_file_path: "/etc/x" }, ["log_file_path"]],
  [
    "host-local's leases",
    { type: "macvlan", ipam: { type: "host-local", dataDir: "/etc" } },
    ["ipam.dataDir"],
  ],
  [
    "host-local's resolv.conf",
    { type: "macvlan", ipam: { type: "host-local", resolvConf: "/etc/shadow" } },
    ["ipam.resolvConf"],
  ],
  ["whereabouts' log", { type: "macvlan", ipam: { type: "whereabouts", log_file: "/x" } }, ["ipam.log_file"]],
  [
    "a field in another case, with the long s",
    { type: "x", "daemon\u017fOCKETPath": "/x" },
    ['["daemonſOCKETPath"]'],
  ],
  ["a plugin of a plugin", { type: "flannel", delegate: { type: "multus" } }, ["delegate.type"]],
  [
    "a value in lists",
    { type: "x", a: [[{ b: { kubeconfig: "/root/.kube/config" } }]] },
    ["a[0][0].b.kubeconfig"],
  ],
  ["a plugin whose type has a path", { type: "../x", logFile: "/x" }, ["logFile"]],
  [
    "a way out of host-local's directory",
    { type: "x", dataDir: "/var/lib/cni/networks/../../../etc" },
    ["dataDir"],
  ],
])("warns of %s", (_, config, expected) => {
  expect(paths(config).toSorted()).toEqual(expected.toSorted());
});

it.each([
  {
    type: "macvlan",
    ipam: { type: "host-local", dataDir: "/var/lib/cni/networks/blue/", resolvConf: "/etc/resolv.conf" },
  },
  { type: "calico", kubernetes: { kubeconfig: "/etc/cni/net.d/calico-kubeconfig" } },
  { type: "kube-ovn", server_socket: "/var/run/openvswitch/kube-ovn-daemon.sock" },
  { type: "macvlan", logFile: "" },
  { type: "macvlan", logFile: 5 },
  { logFile: "/has/no/effect", plugins: [{ type: "macvlan" }] },
])("says nothing of what the plugins use anyway: %j", (config) => {
  expect(paths(config)).toEqual([]);
});

it("finds a path whatever stands before it", () => {
  const last = { type: "x", logFile: "/x" };
  expect(paths({ plugins: [...Array(100).fill({ type: "tuning" }), last] })).toEqual([
    "plugins[100].logFile",
  ]);
  const faults = Array.from({ length: 60 }, () => ({
    type: "macvlan",
    mode: 5,
    mtu: "x",
    master: [],
    mac: {},
  }));
  expect(paths({ plugins: [...faults, last] })).toEqual(["plugins[60].logFile"]);
  expect(paths({ a: Array(3_000).fill(1), ...last })).toEqual(["logFile"]);
  const deep = `${"[".repeat(3_000)}{"logFile":"/x"}${"]".repeat(3_000)}`;
  expect(paths(`{"cniVersion":"1.0.0","type":"x","a":${deep}}`)).toHaveLength(1);
});

it("keeps the first finding of each code, whatever crowds it", () => {
  const many = Array.from({ length: 60 }, () => ({
    type: "macvlan",
    mode: 5,
    mtu: "x",
    master: [],
    mac: {},
  }));
  const config = {
    plugins: [...many, { type: "macvlan", ipam: { type: "host-local", subnet: "10.0.0.0/24" } }],
  };
  const codes = checkNetworkConfig(JSON.stringify(config)).map(({ code }) => code);
  expect(codes).toContain("ADDRESSES_PER_NODE");
  expect(codes.length).toBeLessThanOrEqual(200);
});
