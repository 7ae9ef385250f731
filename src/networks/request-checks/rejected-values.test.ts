import { expect, it } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { parseNetworks } from "../pod-request/request.ts";
import { problemsWithNetwork } from "./request-problems.ts";

const network = (plugin: object) =>
  readNetwork({
    namespace: "apps",
    name: "lan",
    config: JSON.stringify({
      cniVersion: "1.0.0",
      plugins: [{ type: "ptp", ipam: { type: "host-local", subnet: "10.1.0.0/24" } }, plugin],
    }),
  });
const portmap = network({ type: "portmap", capabilities: { portMappings: true } });
const bandwidth = network({ type: "bandwidth", capabilities: { bandwidth: true } });

function codesOf(request: object, of: ReturnType<typeof readNetwork>): string[] {
  const parsed = parseNetworks(JSON.stringify([{ name: "lan", ...request }]), "apps");
  if (!parsed.ok) return [parsed.problem.code];
  return parsed.requests.flatMap((one) => problemsWithNetwork(one, of)).map(({ code }) => code);
}

const ports = (...portMappings: object[]) => codesOf({ portMappings }, portmap);

it("ports that the plugin portmap, or the iptables that it runs, rejects", () => {
  expect(ports({ hostPort: 8080, containerPort: 80, protocol: "tcp" })).toEqual([]);
  expect(ports({ hostPort: 8080, containerPort: 80, protocol: "UDP" })).toEqual([]);
  // iptables -p "": unknown protocol "" specified
  expect(ports({ hostPort: 8080, containerPort: 80 })).toEqual(["BAD_PORT"]);
  expect(ports({ hostPort: 8080, containerPort: 80, protocol: "http" })).toEqual(["BAD_PORT"]);
  // iptables -p 1 --dport 8080: unknown option "--dport"
  for (const protocol of ["udplite", "icmp", "all", "1", "47", "0", "999"])
    expect([protocol, ...ports({ hostPort: 8080, containerPort: 80, protocol })]).toEqual([
      protocol,
      "BAD_PORT",
    ]);
  for (const protocol of ["dccp", "6", "017", "132", "33"])
    expect([protocol, ...ports({ hostPort: 8080, containerPort: 80, protocol })]).toEqual([protocol]);
  // Invalid host port number: 0
  expect(ports({ containerPort: 80, protocol: "tcp" })).toEqual(["BAD_PORT"]);
  expect(ports({ hostPort: 8080, protocol: "tcp" })).toEqual(["BAD_PORT"]);
  // invalid port/service `70000' specified
  expect(ports({ hostPort: 70_000, containerPort: 80, protocol: "tcp" })).toEqual(["BAD_PORT"]);
});

it("a hostIP that is not an address: for IPv4 portmap drops the mapping, and for IPv6 iptables rejects it", () => {
  const hostIP = (value: string) =>
    ports({ hostPort: 8080, containerPort: 80, protocol: "tcp", hostIP: value });
  for (const value of ["10.0.0.1", "0.0.0.0", "::", "fd00::1", "::ffff:10.0.0.1", ""])
    expect([value, ...hostIP(value)]).toEqual([value]);
  for (const value of ["10.0.0.1/32", "10.0.0", "010.0.0.1", "node-1", "fe80::1%eth0", " 10.0.0.1"])
    expect([value, ...hostIP(value)]).toEqual([value, "BAD_PORT"]);
});

const limits = (limit: object, of = bandwidth) => codesOf({ bandwidth: limit }, of);

it("limits that the plugin bandwidth rejects", () => {
  expect(limits({ ingressRate: 1000, ingressBurst: 1000 })).toEqual([]);
  expect(limits({})).toEqual([]);
  // if rate is set, burst must also be set
  expect(limits({ ingressRate: 1000 })).toEqual(["BAD_BANDWIDTH"]);
  expect(limits({ egressBurst: 1000 })).toEqual(["BAD_BANDWIDTH"]);
  // burst cannot be more than 4GB
  expect(limits({ egressRate: 1, egressBurst: 8 * (2 ** 32 - 1) })).toEqual(["BAD_BANDWIDTH"]);
  expect(limits({ egressRate: 8, egressBurst: 8 * (2 ** 32 - 1) - 1 })).toEqual([]);
  // create qdisc: invalid argument
  expect(limits({ egressRate: 7, egressBurst: 8 })).toEqual(["BAD_BANDWIDTH"]);
  expect(limits({ egressRate: 8, egressBurst: 7 })).toEqual(["BAD_BANDWIDTH"]);
  expect(limits({ egressRate: 1e15, egressBurst: 1e6 })).toEqual(["BAD_BANDWIDTH"]);
  expect(limits({ egressRate: 1e12, egressBurst: 1e6 })).toEqual([]);
  expect(limits({ ingressRate: -1, ingressBurst: 1000 })).toEqual(["BAD_BANDWIDTH"]);
});

it("only what reaches the plugin", () => {
  expect(codesOf({ portMappings: [{}] }, network({ type: "portmap" }))).toEqual(["MISSING_CAPABILITY"]);
  // The limits of the configuration take the place of the pod's (getBandwidth).
  const own = network({
    type: "bandwidth",
    capabilities: { bandwidth: true },
    ingressRate: 1,
    ingressBurst: 1,
  });
  expect(limits({ ingressRate: 1000 }, own)).toEqual([]);
  // It reads them all the same, into uint64.
  expect(limits({ egressRate: 1000, egressBurst: -1 }, own)).toEqual(["BAD_BANDWIDTH"]);
});

// getKubernetesDelegate of 4.3.0 writes the device plugin's device into the configuration, not the pod's `deviceID`.
it("a device that a pod names reaches only a plugin that declares the capability", () => {
  const sriov = (rest: object) =>
    readNetwork({
      namespace: "apps",
      name: "lan",
      config: JSON.stringify({ cniVersion: "1.0.0", type: "sriov", ...rest }),
    });
  const request = { deviceID: "0000:65:00.2" };
  expect(codesOf(request, sriov({}))).toContain("MISSING_CAPABILITY");
  expect(codesOf(request, sriov({ capabilities: { deviceID: true } }))).not.toContain("MISSING_CAPABILITY");
});
