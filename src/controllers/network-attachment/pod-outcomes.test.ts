import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { AddressClaims } from "../../networks/addresses/address-claims.ts";
import { layer2Of } from "../../networks/addresses/layer2-claims.ts";
import { readNetwork } from "../../networks/cross-checks/network.ts";
import type { NetworkFacts } from "../../networks/outcome/attachments.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";
import { PodTable } from "../../networks/pod-table/pod-table.ts";
import { PodViews } from "../../networks/pod-view/pod-views.ts";
import { PodAddresses } from "./pod-addresses.ts";
import { eventOf } from "./pod-events.ts";
import { PodOutcomes, type Transition } from "./pod-outcomes.ts";

let pods: PodTable;
let views: PodViews;
let nads: Map<string, NetworkFacts>;
let failures: Map<string, SandboxFailure>;
let told: Set<string>;
let transitions: Transition[];
let outcomes: PodOutcomes;
let claims: AddressClaims;
let addresses: PodAddresses;
/** The configuration of each NAD that is not in `ownConfigs`. */
let config: object;
let ownConfigs: Map<string, object>;

function restart(): void {
  views = new PodViews();
  pods = new PodTable((annotation, namespace) => views.request(annotation, namespace));
  nads = new Map([["apps/net", { cniName: "net" }]]);
  failures = new Map();
  told = new Set();
  transitions = [];
  config = {
    type: "macvlan",
    master: "eth1",
    ipam: { type: "host-local", subnet: "10.0.0.0/24", rangeStart: "10.0.0.2", rangeEnd: "10.0.0.9" },
  };
  ownConfigs = new Map();
  claims = new AddressClaims((key) => {
    if (!nads.has(key)) return undefined;
    const [namespace = "", name = ""] = key.split("/");
    const network = readNetwork({ namespace, name, config: JSON.stringify(ownConfigs.get(key) ?? config) });
    return { network, layer2: layer2Of(network) };
  }, 7);
  addresses = new PodAddresses(pods, claims);
  outcomes = new PodOutcomes({
    pods,
    addresses,
    network: (namespace, name) => nads.get(`${namespace}/${name}`),
    failure: (_, uid) => failures.get(uid),
    isolation: () => ({ enabled: false, globalNamespaces: [] }),
    onNetwork: (key) => void told.add(key),
    onTransition: (transition) => void transitions.push(transition),
  });
  pods.observe(outcomes);
}
beforeEach(restart);

function put(
  name: string,
  networks: string,
  more: {
    phase?: string;
    status?: object[];
    node?: string;
    manager?: string;
    terminating?: true;
    uid?: string;
    first?: string;
  } = {},
): void {
  const { phase = "Pending", status, node = "n1", manager = "multus", terminating, uid = name, first } = more;
  const fieldsV1 = { "f:metadata": { "f:annotations": { "f:k8s.v1.cni.cncf.io/network-status": {} } } };
  const view = views.keep({
    metadata: {
      namespace: "apps",
      name,
      uid,
      ...(terminating ? { deletionTimestamp: "2026-11-24T10:00:00Z" } : {}),
      annotations: {
        "k8s.v1.cni.cncf.io/networks": networks,
        ...(first === undefined ? {} : { "v1.multus-cni.io/default-network": first }),
        ...(status ? { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(status) } : {}),
      },
      managedFields: status ? [{ manager, subresource: "status", fieldsV1 }] : [],
    },
    spec: { nodeName: node, containers: [] },
    status: { phase },
  });
  if (view) pods.set(`apps/${name}`, view);
  else pods.delete(`apps/${name}`);
}

const update = (pod: string) => outcomes.update(pods.slotOf(pod));
const askers = (network: string) => outcomes.slotsOf(network).map((slot) => pods.key(slot));
const used = () => claims.ranges("apps/net").map((range) => [range.used, range.node]);

const kinds = () => transitions.map(({ before, after }) => [before?.kind, after.kind]);

test("pods are found by the NADs that they ask for, also by those that do not exist, and no more when they ask for others", () => {
  put("a", "net,gone");
  put("b", "net");
  expect(askers("apps/net")).toEqual(["apps/a", "apps/b"]);
  expect(askers("apps/gone")).toEqual(["apps/a"]);
  told.clear();
  put("a", "net");
  expect(told).toEqual(new Set(["apps/net", "apps/gone"]));
  expect(askers("apps/gone")).toEqual([]);
  pods.delete("apps/a");
  expect([...outcomes.networks()]).toEqual(["apps/net"]);
  expect(outcomes.summed().counts).toMatchObject({ pending: 1, "missing-network": 0 });
});

test("a transition is reported once, and what stays the same is not", () => {
  put("a", "net");
  failures.set("a", { byMultus: true, network: "net", message: "Link not found" });
  update("apps/a");
  update("apps/a");
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

test("a pod is not compared with another one of its name whose deletion was not seen", () => {
  const failure = { byMultus: true, network: "net", message: "Link not found" };
  failures.set("a-1", failure).set("a-2", failure);
  put("a", "net", { uid: "a-1" });
  put("a", "net", { uid: "a-2" });
  put("a", "net", { uid: "a-3", phase: "Running", status: [{ name: "apps/net", ips: ["10.0.0.5"] }] });
  expect(kinds()).toEqual([
    [undefined, "failed"],
    [undefined, "failed"],
    [undefined, "attached"],
  ]);
  expect(transitions.map((transition) => eventOf(transition, 0)?.reason)).toEqual([
    "NetworkFailed",
    "NetworkFailed",
    undefined,
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

const one = (ip: string, mac = "") => [{ name: "apps/net", ips: [ip], mac }];

test("reports count neither pods that are over nor what those had; addresses of pods that go are free", () => {
  const status = one("10.0.0.5", "02:00:00:00:00:01");
  put("a", "net", { phase: "Running", status });
  put("over", "net", { phase: "Succeeded", status });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ attached: 1, "not-applicable": 0 });
  expect(used()).toEqual([[1, "n1"]]);
  expect(addresses.duplicates("apps/net")).toEqual([]);
  put("a", "net", { phase: "Running", status, terminating: true });
  expect(used()).toEqual([[0, undefined]]);
  expect(outcomes.summed().counts).toMatchObject({ attached: 1, "not-applicable": 1 });
  put("a", "");
  expect(outcomes.reported("apps/net").counts.attached).toBe(0);
});

test("a pod that has a NAD in the place of the cluster's own network counts for it, with its address", () => {
  const status = [{ name: "apps/net", interface: "eth0", ips: ["10.0.0.5"], default: true }];
  put("a", "", { first: "apps/net" });
  put("missing", "", { first: "gone" });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ pending: 1 });
  expect(outcomes.reported("kube-system/gone").counts).toMatchObject({ "missing-network": 1 });
  put("a", "", { first: "apps/net", phase: "Running" });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ bypassed: 1 });
  put("a", "", { first: "apps/net", phase: "Running", status });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ attached: 1 });
  expect(used()).toEqual([[1, "n1"]]);
  // The annotation was added after the start: the pod has the cluster's own network.
  put("a", "", { first: "apps/net", phase: "Running", status: [{ name: "cluster", default: true }] });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ partial: 1 });
  // The first network of a pod that did not ask for it is not one of its networks.
  put("a", "net", { phase: "Running", status });
  expect(outcomes.reported("apps/net").counts).toMatchObject({ partial: 1 });
  expect(used()).toEqual([[0, undefined]]);
});

test("addresses that another manager than Multus reported do not count, and the pod is marked", () => {
  put("thin", "net", { status: one("10.0.0.3"), manager: "multus" });
  put("thick", "net", { status: one("10.0.0.4"), manager: "multus-daemon" });
  put("forged", "net", { status: one("10.0.0.5"), manager: "kubectl-annotate" });
  expect(used()).toEqual([[2, "n1"]]);
  expect(outcomes.reported("apps/net")).toMatchObject({ counts: { attached: 3 }, unverified: 1 });
});

test("networks that share a name in their configurations, which v3 reports: the addresses are told apart by their order", () => {
  const lan = (subnet: string) => ({
    name: "lan",
    type: "macvlan",
    ipam: { type: "whereabouts", range: subnet },
  });
  nads.set("apps/other", { cniName: "lan" });
  ownConfigs.set("apps/net", lan("10.0.0.0/24")).set("apps/other", lan("10.0.1.0/24"));
  const entry = (ip: string) => ({ name: "lan", ips: [ip] });
  put("a", "net,other", { phase: "Running", status: [entry("10.0.0.5"), entry("10.0.1.5")] });
  for (const network of ["apps/net", "apps/other"]) {
    expect(addresses.outside(network, 10)).toEqual({ total: 0, outside: [] });
    expect(claims.ranges(network)).toMatchObject([{ used: 1 }]);
  }
  // Which of the two an address is of is not known if one of them has none.
  put("a", "net,other", { phase: "Running", status: [entry("10.0.1.5")] });
  expect(addresses.outside("apps/net", 10).total).toBe(0);
  // One network, twice.
  put("a", "other,other", { phase: "Running", status: [entry("10.0.1.5"), entry("10.0.1.6")] });
  expect(claims.ranges("apps/other")).toMatchObject([{ used: 2 }]);
  pods.delete("apps/a");
  expect(claims.ranges("apps/other")).toMatchObject([{ used: 0 }]);
});

test("host-local counts per node and shows the fullest; an address counts once; others are outside", () => {
  put("a", "net", { status: one("10.0.0.3"), node: "n1" });
  put("b", "net", { status: one("10.0.0.3"), node: "n2" });
  put("c", "net", {
    status: [{ name: "net", ips: ["10.0.0.4", "10.0.0.4", "not an address"] }],
    node: "n2",
  });
  put("d", "net", { status: one("10.0.9.9"), node: "n2" });
  expect(used()).toEqual([[2, "n2"]]);
  expect(addresses.outside("apps/net", 10)).toEqual({
    total: 1,
    outside: [{ address: "10.0.9.9", pod: "apps/d" }],
  });
  put("c", "");
  put("d", "");
  expect(used()).toEqual([[1, "n1"]]);
  expect(addresses.outside("apps/net", 10)).toEqual({ total: 0, outside: [] });
});

test("the same address or hardware address on two pods, whatever its case; not twice on one pod", () => {
  put("b", "net", { status: one("10.0.0.5", "02:00:00:00:00:AA"), node: "n2" });
  put("a", "net", { status: [...one("10.0.0.5", "02:00:00:00:00:aa"), ...one("10.0.0.5")] });
  put("c", "net", { status: one("10.0.0.6", "02:00:00:00:00:01") });
  expect(addresses.duplicates("apps/net")).toEqual([
    { address: "02:00:00:00:00:aa", pods: ["apps/a", "apps/b"] },
    { address: "10.0.0.5", pods: ["apps/a", "apps/b"] },
  ]);
  // On the same wire by another network: known there and here.
  nads.set("apps/other", { cniName: "other" });
  put("e", "other", { status: [{ name: "apps/other", ips: ["10.0.0.6"] }] });
  const shared = [{ address: "10.0.0.6", pods: ["apps/c", "apps/e"] }];
  expect(addresses.duplicates("apps/other")).toMatchObject(shared);
  put("b", "net");
  expect(addresses.duplicates("apps/net")).toEqual(shared);
});

test("a pod that waits for another network is shown here with the reason, and what it says is found again", () => {
  put("a", "net,gone");
  expect(outcomes.reported("apps/net")).toMatchObject({
    counts: { pending: 1 },
    wanting: [{ pod: "apps/a", node: "n1", kind: "pending" }],
  });
  expect(outcomes.reported("apps/net").wanting[0]?.evidence).toBe(
    "it waits for another network, apps/gone: no NetworkAttachmentDefinition apps/gone exists",
  );
  expect(outcomes.summed().failing).toMatchObject([{ pod: "apps/a", kind: "missing-network" }]);
});

/** Whatever happens, the sums are those of the pods that are there at the end. */
test("sums after any changes are the sums of what is left", () => {
  const change = fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    networks: fc.constantFrom("", "net", "net,other", "other", "gone"),
    phase: fc.constantFrom("Pending", "Running", "Succeeded"),
    node: fc.constantFrom("n1", "n2"),
    ip: fc.constantFrom(undefined, "10.0.0.3", "10.0.0.4", "10.0.9.9"),
    terminating: fc.constantFrom(undefined, true as const),
    manager: fc.constantFrom("multus", "multus", "kubectl"),
  });
  const apply = (changes: readonly (typeof change extends fc.Arbitrary<infer C> ? C : never)[]) => {
    for (const { name, networks, phase, node, ip, terminating, manager } of changes) {
      const status =
        ip === undefined ? {} : { status: [...one(ip, "02:00:00:00:00:01"), { name: "other", ips: [ip] }] };
      put(name, networks, { phase, node, manager, ...status, ...(terminating ? { terminating } : {}) });
    }
  };
  const sums = () =>
    ["apps/net", "apps/other", "apps/gone"].map((key) => ({
      ...outcomes.reported(key),
      wanting: outcomes
        .reported(key)
        .wanting.map(({ pod, kind, evidence }) => `${pod} ${kind} ${evidence}`)
        .toSorted(),
      ranges: claims.ranges(key),
      duplicates: addresses.duplicates(key),
      outside: addresses.outside(key, 10),
      attached: outcomes.attached(key),
      summed: { ...outcomes.summed().counts },
    }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      restart();
      nads.set("apps/other", { cniName: "other" });
      apply(changes);
      const after = JSON.stringify(sums());
      const last = new Map(changes.map((each) => [each.name, each]));
      restart();
      nads.set("apps/other", { cniName: "other" });
      apply([...last.values()]);
      expect(after).toBe(JSON.stringify(sums()));
    }),
    { numRuns: 300 },
  );
});
