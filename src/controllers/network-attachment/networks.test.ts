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

/** A network that needs the dhcp daemon on the only node. No report and no event is written. */
function start() {
  const views = new PodViews();
  const pods = new PodTable((annotation, namespace) => views.request(annotation, namespace));
  const config = JSON.stringify({ cniVersion: "1.0.0", type: "macvlan", ipam: { type: "dhcp" } });
  const nad = nadView({ metadata: { namespace: "apps", name: "net", uid: "u" }, spec: { config } });
  const changed = vi.fn<(key: string) => void>();
  const gone = vi.fn<(pod: string) => void>();
  const state = { isReady: true };
  const inspections = new NodeInspections();
  const networks = new Networks({
    reporter: new Reporter(undefined as unknown as KubeClient, () => undefined),
    nad: (key) => (key === "apps/net" ? nad : undefined),
    nads: () => [nad],
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
  return { networks, pods, daemon, isChanged, gone, state, inspections };
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
