import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KubeClient } from "../../kube/client.ts";
import { nadView } from "../../networks/nad-view.ts";
import { PodTable } from "../../networks/pod-table/pod-table.ts";
import type { PodView } from "../../networks/pod-view/pod-view.ts";
import { PodViews } from "../../networks/pod-view/pod-views.ts";
import { NodeInspections } from "../shared/node-inspections.ts";
import { Networks } from "./networks.ts";
import type { EventOutbox } from "./pod-events.ts";
import { Reporter } from "./reporter.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Networks with an IPAM, the first of which needs the dhcp daemon on the only node. No report and no event is written. */
function start(ipams: Record<string, object> = { "apps/net": { type: "dhcp" } }) {
  const views = new PodViews();
  const pods = new PodTable((annotation, namespace) => views.request(annotation, namespace));
  const nads = new Map(
    Object.entries(ipams).map(([key, ipam]) => {
      const [namespace = "", name = ""] = key.split("/");
      const config = JSON.stringify({ cniVersion: "1.0.0", type: "macvlan", ipam });
      return [key, nadView({ metadata: { namespace, name, uid: key }, spec: { config } })];
    }),
  );
  const changed = vi.fn<(key: string) => void>();
  const gone = vi.fn<(pod: string) => void>();
  const state = { isReady: true };
  const inspections = new NodeInspections();
  const networks = new Networks({
    reporter: new Reporter(
      undefined as unknown as KubeClient,
      () => undefined,
      () => false,
    ),
    nad: (key) => nads.get(key),
    nads: () => [...nads.values()],
    pods,
    isReady: () => state.isReady,
    nodes: () => [{ name: "n1", allocatable: {} }],
    install: () => undefined,
    inspections,
    failure: () => undefined,
    outbox: { send: () => {} } as unknown as EventOutbox,
    now: () => new Date(),
    salt: 1,
    onPod: () => {},
    onGone: gone,
    onNetwork: changed,
    onChecked: () => {},
  });
  pods.observe(networks);
  const daemon = (phase: string) =>
    views.keep({
      metadata: { namespace: "kube-system", name: "dhcp", uid: "d" },
      spec: { nodeName: "n1", containers: [{ command: ["/opt/cni/bin/dhcp", "daemon"] }] },
      status: { phase },
    }) as PodView;
  /** Whether the findings of the network have changed since they were last asked for. */
  const isChanged = () => {
    vi.runAllTimers();
    const calls = changed.mock.calls.length;
    changed.mockClear();
    return calls > 0;
  };
  /** A pod that Multus attached to a network. */
  const attached = (namespace: string, network: string, ip: string) =>
    views.keep({
      metadata: {
        ...{ namespace, name: "web", uid: `${namespace}/web` },
        annotations: {
          "k8s.v1.cni.cncf.io/networks": network,
          "k8s.v1.cni.cncf.io/network-status": JSON.stringify([
            { name: `${namespace}/${network}`, ips: [ip] },
          ]),
        },
        managedFields: [
          {
            ...{ manager: "multus", subresource: "status", time: "2026-11-24T10:00:00Z" },
            fieldsV1: {
              "f:metadata": { "f:annotations": { "f:k8s.v1.cni.cncf.io/network-status": {} } },
            },
          },
        ],
      },
      spec: { nodeName: "n1", containers: [] },
      status: { phase: "Running", podIP: "10.244.0.1" },
    }) as PodView;
  return { networks, pods, daemon, attached, changed, isChanged, gone, state, inspections };
}

const DAEMON = "kube-system/dhcp";

test("the findings of a network that needs a dhcp daemon change when one starts, stops or goes", () => {
  const { networks, pods, daemon, isChanged, gone } = start();
  networks.everythingChanged();
  expect(isChanged()).toBe(true); // without a daemon
  pods.set(DAEMON, daemon("Pending"));
  expect(isChanged()).toBe(false);
  pods.set(DAEMON, daemon("Running"));
  expect(isChanged()).toBe(true);
  pods.set(DAEMON, daemon("Failed"));
  expect(isChanged()).toBe(true);
  const filling = pods.filling();
  filling.add(DAEMON, daemon("Running"));
  filling.end();
  expect(isChanged()).toBe(true);
  pods.filling().end();
  expect(isChanged()).toBe(true);
  expect(gone.mock.calls).toEqual([[DAEMON]]);
});

test("no finding is made of a daemon before everything was listed", () => {
  const { networks, pods, daemon, isChanged, state } = start();
  state.isReady = false;
  pods.set(DAEMON, daemon("Running"));
  pods.set(DAEMON, daemon("Failed"));
  pods.set(DAEMON, daemon("Running"));
  expect(vi.getTimerCount()).toBe(0);
  state.isReady = true;
  networks.everythingChanged();
  expect(isChanged()).toBe(false); // the daemon is there, and there is nothing to find
});

/** Of a node that has all that the network needs but the daemon. */
const inspection = (node: string) => ({
  ...{
    node,
    at: "2026-11-24T10:00:00Z",
    architecture: "amd64",
    confFiles: [],
    multusFiles: [],
    leftovers: [],
  },
  ...{ binaries: [{ name: "macvlan" }, { name: "dhcp" }], interfaces: ["eth0"], truncated: [] },
});

test("reports are written again after the first inspection, though it shows no fault: they may still have what an earlier operator found", () => {
  const { networks, isChanged, inspections } = start();
  networks.everythingChanged();
  isChanged();
  inspections.set(inspection("n1"));
  networks.nodesChanged();
  expect(isChanged()).toBe(true);
  inspections.set({ ...inspection("n1"), leftovers: ["x"] });
  networks.nodesChanged();
  expect(isChanged()).toBe(false);
});

test("a pod's address changes the reports of all networks in its pool, once each, and the summary counts the pool once", async () => {
  const ipam = { type: "whereabouts", range: "10.0.0.0/30" };
  const { networks, pods, attached, changed } = start({ "apps/net": ipam, "shop/lan": ipam });
  const report = async (key: string) => await networks.report(key, new AbortController().signal);
  networks.everythingChanged();
  for (const key of networks.keys()) await report(key);
  vi.runAllTimers();
  changed.mockClear();
  pods.set("apps/web", attached("apps", "net", "10.0.0.1"));
  await report("apps/net");
  vi.runAllTimers();
  expect(changed.mock.calls).toEqual([["apps/net"], ["shop/lan"]]);
  await report("shop/lan");
  expect(networks.summary()).toMatchObject({ rangesUsedUp: 0, rangesNearlyUsedUp: 0 });
  pods.set("shop/web", attached("shop", "lan", "10.0.0.2"));
  for (const key of networks.keys()) await report(key);
  expect(networks.summary()).toMatchObject({ rangesUsedUp: 1, rangesNearlyUsedUp: 0 });
  // At rest nothing is to be done.
  vi.runAllTimers();
  expect(vi.getTimerCount()).toBe(0);
});

test("a network whose last pod went still shares its pool: the reports of the others change once, for the address", async () => {
  const ipam = { type: "whereabouts", range: "10.0.0.0/30" };
  const { networks, pods, attached, changed } = start({ "apps/net": ipam, "shop/lan": ipam });
  const report = async (key: string) => await networks.report(key, new AbortController().signal);
  networks.everythingChanged();
  pods.set("shop/web", attached("shop", "lan", "10.0.0.2"));
  for (const key of networks.keys()) await report(key);
  vi.runAllTimers();
  changed.mockClear();
  pods.delete("shop/web");
  for (const key of ["apps/net", "shop/lan"]) {
    vi.runAllTimers();
    await report(key);
  }
  vi.runAllTimers();
  expect(changed.mock.calls.filter(([key]) => key === "apps/net")).toHaveLength(1);
});
