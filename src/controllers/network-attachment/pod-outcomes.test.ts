import { beforeEach, expect, test } from "vitest";
import type { NetworkFacts } from "../../networks/attachments.ts";
import { type PodView, PodViews } from "../../networks/pod.ts";
import type { SandboxFailure } from "../../networks/sandbox-failure.ts";
import { eventOf } from "./pod-events.ts";
import { PodOutcomes, type Transition } from "./pod-outcomes.ts";

let pods: Map<string, PodView>;
let nads: Map<string, NetworkFacts>;
let failures: Map<string, SandboxFailure>;
let told: Set<string>;
let transitions: Transition[];
let outcomes: PodOutcomes;
const views = new PodViews();

beforeEach(() => {
  pods = new Map();
  nads = new Map([["apps/net", { cniName: "net" }]]);
  failures = new Map();
  told = new Set();
  transitions = [];
  outcomes = new PodOutcomes({
    pod: (key) => pods.get(key),
    network: (namespace, name) => nads.get(`${namespace}/${name}`),
    failure: (uid) => failures.get(uid),
    isolation: () => ({ enabled: false, globalNamespaces: [] }),
    onNetwork: (key) => void told.add(key),
    onTransition: (transition) => void transitions.push(transition),
  });
});

function put(
  name: string,
  networks: string,
  more: { phase?: string; status?: object[]; node?: string; manager?: string } = {},
): void {
  const { phase = "Pending", status, node = "n1", manager = "multus" } = more;
  const fieldsV1 = { "f:metadata": { "f:annotations": { "f:k8s.v1.cni.cncf.io/network-status": {} } } };
  const view = views.view({
    metadata: {
      namespace: "apps",
      name,
      uid: name,
      annotations: {
        "k8s.v1.cni.cncf.io/networks": networks,
        ...(status ? { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(status) } : {}),
      },
      managedFields: status ? [{ manager, subresource: "status", fieldsV1 }] : [],
    },
    spec: { nodeName: node, containers: [] },
    status: { phase },
  });
  if (view) pods.set(`apps/${name}`, view);
  else pods.delete(`apps/${name}`);
  outcomes.update(`apps/${name}`);
}

const kinds = () => transitions.map(({ before, after }) => [before?.kind, after.kind]);

test("pods are found by the NADs that they ask for, also by those that do not exist, and no more when they ask for others", () => {
  put("a", "net,gone");
  put("b", "net");
  expect([...outcomes.podsOf("apps/net")]).toEqual(["apps/a", "apps/b"]);
  expect([...outcomes.podsOf("apps/gone")]).toEqual(["apps/a"]);
  told.clear();
  put("a", "net");
  expect(told).toEqual(new Set(["apps/net", "apps/gone"]));
  expect([...outcomes.podsOf("apps/gone")]).toEqual([]);
  pods.delete("apps/a");
  outcomes.update("apps/a");
  expect([...outcomes.networks()]).toEqual(["apps/net"]);
  expect(outcomes.size).toBe(1);
});

test("a transition is reported once, and what stays the same is not", () => {
  put("a", "net");
  failures.set("a", { byMultus: true, network: "net", message: "Link not found" });
  outcomes.update("apps/a");
  outcomes.update("apps/a");
  put("a", "net", { phase: "Running", status: [{ name: "apps/net", ips: ["10.0.0.5"] }] });
  expect(kinds()).toEqual([
    [undefined, "pending"],
    ["pending", "failed"],
    ["failed", "attached"],
  ]);
  expect(transitions.map((transition) => eventOf(transition, 0)?.reason)).toEqual([
    undefined,
    "NetworkFailed",
    "NetworkAttached",
  ]);
});

test("a NAD made just after its pod is no news until the pod is scheduled", () => {
  put("a", "gone", { node: "" });
  expect(transitions.map((transition) => eventOf(transition, 0))).toEqual([undefined]);
  put("b", "gone");
  expect(transitions.map((transition) => eventOf(transition, 0)?.reason)).toEqual([
    undefined,
    "NetworkMissing",
  ]);
});

test("reports count neither pods that are over nor what those had; addresses of pods that go are free", () => {
  const status = [{ name: "apps/net", ips: ["10.0.0.5"], mac: "02:00:00:00:00:01" }];
  put("a", "net", { phase: "Running", status });
  put("over", "net", { phase: "Succeeded", status });
  expect(outcomes.reported("apps/net")).toEqual([{ pod: "apps/a", node: "n1", kind: "attached" }]);
  expect([...outcomes.holders("apps/net", "net")]).toEqual([
    { pod: "apps/a", node: "n1", ips: ["10.0.0.5"], mac: "02:00:00:00:00:01" },
  ]);
  const view = pods.get("apps/a");
  if (view) pods.set("apps/a", { ...view, terminating: true });
  expect([...outcomes.holders("apps/net", "net")]).toEqual([]);
  expect([...outcomes.summed()].map(({ kind }) => kind)).toEqual(["attached", "not-applicable"]);
});

test("addresses that another manager than Multus reported do not count, and the pod is marked", () => {
  const status = (ip: string) => [{ name: "apps/net", interface: "net1", ips: [ip] }];
  put("thin", "net", { status: status("10.0.0.1"), manager: "multus" });
  put("thick", "net", { status: status("10.0.0.2"), manager: "multus-daemon" });
  put("forged", "net", { status: status("10.0.0.3"), manager: "kubectl-annotate" });
  expect([...outcomes.holders("apps/net", "net")].map(({ pod }) => pod)).toEqual(["apps/thin", "apps/thick"]);
  expect(outcomes.reported("apps/net").map(({ pod, unverified }) => [pod, unverified])).toEqual([
    ["apps/thin", undefined],
    ["apps/thick", undefined],
    ["apps/forged", true],
  ]);
});
