import fc from "fast-check";
import { expect, test } from "vitest";
import { REPORT_BYTES, reportStatus } from "../../crds/network-attachment-report/report.ts";
import { poolsOf, rangesOf } from "../addresses/address-pools.ts";
import { readNetwork } from "../cross-checks/network.ts";
import type { OutcomeKind } from "../outcome/outcome.ts";
import { summaryOf, summed } from "../summary.ts";
import {
  evidenceIn,
  isWanting,
  kindIn,
  type NetworkPods,
  noCounts,
  type ReportedPod,
} from "./network-pods.ts";
import { reportStatusOf } from "./report.ts";
import type { ReportInput } from "./report-input.ts";

const NOW = "2026-11-24T12:00:00Z";
const network = readNetwork({
  namespace: "apps",
  name: "net",
  config: JSON.stringify({
    type: "macvlan",
    master: "eth1",
    ipam: { type: "host-local", subnet: "10.0.0.0/24" },
  }),
});
const node = (name: string, binaries: string[]) => ({
  name,
  allocatable: {},
  inspection: { binaries: binaries.map((binary) => ({ name: binary })), interfaces: ["eth1"], truncated: [] },
});
interface Pod extends ReportedPod {
  network?: string;
}
const pod = (name: string, kind: OutcomeKind, more: Partial<Pod> = {}): Pod => ({
  pod: `apps/${name}`,
  node: "n1",
  kind,
  evidence: kind === "attached" ? "" : `because ${kind}`,
  ...more,
});
/** As the operator counts them. */
function counted(pods: readonly Pod[]): NetworkPods {
  const counts = noCounts();
  const wanting: ReportedPod[] = [];
  for (const { pod: name, node: on, evidence, ...turned } of pods) {
    const kind = kindIn(turned, "apps/net");
    counts[kind]++;
    if (isWanting(kind, true))
      wanting.push({ pod: name, node: on, kind, evidence: evidenceIn(turned, "apps/net", evidence) });
  }
  return { counts, unverified: 0, wanting };
}
const input = (more: Partial<ReportInput> = {}): ReportInput => ({
  network,
  generation: 3,
  findings: [],
  crossFindings: [],
  nodes: [node("n1", ["macvlan", "host-local"])],
  pods: counted([]),
  addresses: { ranges: rangesOf(poolsOf(network), []), outsideTotal: 0, outside: [] },
  duplicates: [],
  versions: [],
  ...more,
});
const of = (more: Partial<ReportInput> = {}) => reportStatusOf(input(more), {}, NOW);
const conditions = (status: ReturnType<typeof of>) =>
  Object.fromEntries(
    (status.conditions ?? []).map(({ type, status: value, reason }) => [type, `${value} ${reason}`]),
  );

test("conditions: invalid, needs missing, used up, failing, not seen, well", () => {
  const finding = { path: "mode", severity: "error" as const, code: "NOT_ONE_OF", message: "must be" };
  expect(conditions(of())).toEqual({ Valid: "True Valid", Available: "True Attachable" });
  expect(conditions(of({ nodes: [] }))).toEqual({ Valid: "True Valid", Available: "Unknown NotSeen" });
  expect(conditions(of({ nodes: [], pods: counted([pod("a", "attached")]) })).Available).toBe(
    "True Attachable",
  );
  expect(conditions(of({ findings: [finding] }))).toEqual({
    Valid: "False Invalid",
    Available: "False Invalid",
  });
  const cross = { namespace: "apps", name: "net", ...finding };
  expect(conditions(of({ crossFindings: [cross] })).Available).toBe("False NeedsMissing");
  expect(conditions(of({ crossFindings: [{ ...cross, severity: "warning" }] })).Available).toBe(
    "True Attachable",
  );
  const ranges = [{ range: "r", ipam: "host-local", size: 3, used: 3, free: 0, perNode: true, node: "n1" }];
  const full = of({
    addresses: { ranges, outsideTotal: 0, outside: [] },
    pods: counted([pod("a", "failed")]),
  });
  expect(full.conditions?.[1]?.message).toBe(
    "all 3 addresses of r are used on n1, and 1 pod could not get one; widen the range, or add a NAD with another one",
  );
  const failing = of({ pods: counted([pod("b", "failed"), pod("a", "failed"), pod("c", "attached")]) });
  expect(failing.conditions?.[1]?.message).toBe(
    "2 of 3 pods could not be attached, such as apps/a: because failed",
  );
});

test("a pod that fails for another network's sake waits here, and is attached where only the other changed", () => {
  const status = of({
    pods: counted([
      pod("a", "failed", { network: "apps/other" }),
      pod("b", "restart-needed", { network: "apps/other" }),
      pod("c", "restart-needed", { network: "apps/net" }),
    ]),
  });
  expect(status.pods).toMatchObject({ requesting: 3, failed: 0, pending: 1, attached: 2, restartNeeded: 1 });
  expect(status.samples?.map(({ pod: name, outcome }) => [name, outcome])).toEqual([
    ["apps/c", "restart-needed"],
    ["apps/a", "pending"],
  ]);
  expect(conditions(status).Available).toBe("True Attachable");
});

test("a condition keeps its time until its status changes", () => {
  const first = of();
  const later = "2026-11-24T13:00:00Z";
  expect(reportStatusOf(input(), first, later)).toEqual(first);
  const failing = reportStatusOf(input({ pods: counted([pod("a", "failed")]) }), first, later);
  expect(failing.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([NOW, later]);
});

test("what inspections of the nodes showed outlives the operator's restart, not a change of the NAD", () => {
  const missing = {
    path: "type",
    severity: "error" as const,
    code: "PLUGIN_MISSING_ON_NODE",
    message: "is on no node",
  };
  const before = of({
    nodes: [node("n1", [])],
    crossFindings: [{ namespace: "apps", name: "net", ...missing }],
  });
  expect(before.nodesLackingTotal).toBe(1);
  const unseen = { nodes: [{ name: "n1", allocatable: {} }] };
  expect(reportStatusOf(input(unseen), before, NOW)).toEqual(before);
  expect(reportStatusOf(input({ ...unseen, generation: 4 }), before, NOW).nodesLackingTotal).toBe(0);
});

test("the order of pods does not matter, and the status fits the CRD and 32 KiB, whatever there is", () => {
  const kinds = fc.constantFrom<OutcomeKind>(
    "attached",
    "failed",
    "bypassed",
    "partial",
    "pending",
    "restart-needed",
  );
  const pods = fc.array(
    fc
      .tuple(fc.nat(9_999), kinds, fc.string({ maxLength: 2000 }))
      .map(([n, kind, evidence]) =>
        pod(`${"p".repeat(200)}${n}`, kind, { evidence: evidence.slice(0, 1024) }),
      ),
    { maxLength: 300 },
  );
  const long = "é".repeat(2000);
  const findings = Array.from({ length: 200 }, () => ({
    path: long,
    severity: "error" as const,
    code: "X",
    message: long,
  }));
  const versions = Array.from({ length: 9 }, (_, i) => ({
    since: NOW,
    generation: i,
    hash: "h",
    config: "x".repeat(2048),
  }));
  fc.assert(
    fc.property(pods, (some) => {
      const status = of({ pods: counted(some), findings, versions });
      expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThanOrEqual(REPORT_BYTES);
      expect(reportStatus.safeParse(status).error).toBeUndefined();
      expect(of({ pods: counted(some.toReversed()), findings, versions }).pods).toEqual(status.pods);
      expect(status.pods?.requesting).toBe(some.length);
    }),
    { numRuns: 30 },
  );
});

test("the summary counts networks and pods, and shows the worst first", () => {
  const invalid = of({ findings: [{ path: "mode", severity: "error", code: "X", message: "is wrong" }] });
  const ranges = [{ range: "r", ipam: "host-local", size: 10, used: 9, free: 1, perNode: true, node: "n1" }];
  const narrow = of({
    addresses: { ranges, outsideTotal: 0, outside: [] },
    duplicates: [{ address: "10.0.0.5", pods: ["a", "b"] }],
  });
  const summary = summaryOf(
    [
      ["apps/bad", invalid],
      ["apps/narrow", narrow],
    ],
    summed([
      { pod: "apps/a", kind: "attached" },
      { pod: "apps/b", kind: "restart-needed", evidence: "changed" },
      { pod: "apps/c", kind: "bypassed", evidence: "x".repeat(1000) },
      { pod: "apps/d", kind: "not-applicable" },
    ]),
  );
  expect(summary.networks).toEqual({
    total: 2,
    valid: 1,
    invalid: 1,
    unavailable: 1,
    samples: [{ network: "apps/bad", reason: "Invalid", message: "mode is wrong" }],
    nodesLacking: [],
  });
  expect(summary.pods.requesting).toBe(3);
  expect(summary.pods.samples.map(({ pod: name, message }) => [name, message.length])).toEqual([
    ["apps/c", 256],
    ["apps/b", 7],
  ]);
  expect(summary).toMatchObject({ duplicateAddresses: 1, rangesNearlyUsedUp: 1, rangesUsedUp: 0 });
});

test("pods of other namespaces are counted and not named, and no interface of a node is shown", () => {
  const other = (name: string, kind: OutcomeKind) => pod(name, kind, { pod: `victim-shop/${name}` });
  const status = of({
    nodes: [
      { ...node("n1", []), inspection: { binaries: [], interfaces: ["lo", "bond-secret"], truncated: [] } },
    ],
    pods: counted([
      pod("mine", "failed"),
      other("db", "failed"),
      other("web", "bypassed"),
      other("ok", "attached"),
    ]),
    duplicates: [
      { address: "10.0.0.5", pods: ["apps/mine", "victim-shop/db", "victim-shop/web"] },
      { address: "10.0.0.6", pods: ["victim-shop/db", "victim-shop/web"] },
    ],
    addresses: { ranges: [], outsideTotal: 1, outside: [{ address: "10.9.0.1", pod: "victim-shop/db" }] },
  });
  const text = JSON.stringify(status);
  for (const secret of ["victim-shop", "bond-secret"]) expect(text).not.toContain(secret);
  expect(status.samples?.map((sample) => sample.pod)).toEqual(["apps/mine"]);
  expect(status).toMatchObject({
    otherSamples: 2,
    pods: { requesting: 4, failed: 2, bypassed: 1 },
    duplicates: [
      { address: "10.0.0.5", pods: ["apps/mine"], otherPods: 2 },
      { address: "10.0.0.6", pods: [], otherPods: 2 },
    ],
    outside: [{ address: "10.9.0.1" }],
    nodesLacking: [{ node: "n1", lacks: ["plugin macvlan", "plugin host-local", "interface eth1"] }],
  });
  const elsewhere = of({ pods: counted([other("db", "failed")]) });
  expect(elsewhere.conditions?.[1]?.message).toBe(
    "1 of 1 pod could not be attached, all of them in other namespaces",
  );
  const summary = summaryOf([["apps/net", status]], summed([]), () => ["lo", "bond-secret"]);
  expect(summary.networks.nodesLacking).toEqual([
    { node: "n1", lacks: ["interface eth1"], interfaces: ["bond-secret"] },
  ]);
});

test("a NAD that was not read is counted neither as valid nor as invalid", () => {
  const tooLarge = { path: "", severity: "error" as const, code: "TOO_LARGE", message: "is longer" };
  const statuses = { large: of({ findings: [tooLarge] }), well: of(), new: {} };
  expect(summaryOf(Object.entries(statuses), summed([])).networks).toMatchObject({
    total: 3,
    valid: 2,
    invalid: 0,
  });
});

test("what the check of the cluster states with its nodes is not stated again in general", () => {
  const general = {
    path: "ipam.type",
    severity: "warning" as const,
    code: "ADDRESSES_PER_NODE",
    message: "general",
  };
  const of2 = { ...general, namespace: "apps", name: "net", message: "on each of 2 nodes" };
  const both = of({ findings: [general], crossFindings: [of2] });
  expect(both.findings?.map(({ message }) => message)).toEqual(["on each of 2 nodes"]);
  expect(both.findingsTotal).toBe(1);
  expect(both.conditions?.map(({ message }) => message)).toEqual(["", "ipam.type on each of 2 nodes"]);
  const elsewhere = { ...of2, path: "plugins[1].ipam.type" };
  expect(of({ findings: [general], crossFindings: [elsewhere] }).findings).toHaveLength(2);
});

test("until each node was inspected again, a restarted operator reports what was found before", () => {
  const lacks = {
    namespace: "apps",
    name: "net",
    path: "type",
    code: "PLUGIN_MISSING_ON_NODE",
    message: "is on no node",
  };
  const error = { ...lacks, severity: "error" as const };
  const without = node("n1", []);
  const unseen = { name: "n2", allocatable: {} };
  const first: Partial<ReportInput> = {
    nodes: [without, unseen],
    isFirstRound: true,
    crossFindings: [error],
  };
  const restarted = (before: ReturnType<typeof of>) => reportStatusOf(input(first), before, NOW);
  // All was well, and it may be on the other node; nothing works, and that is not forgotten.
  expect(restarted(of())).toEqual(of());
  const broken = of({ nodes: [without], crossFindings: [error] });
  expect(conditions(broken).Available).toBe("False NeedsMissing");
  expect(
    reportStatusOf(input({ ...first, nodes: [node("n3", []), unseen], crossFindings: [] }), broken, NOW),
  ).toEqual(broken);
  // Nothing was known before.
  expect(conditions(of(first)).Available).toBe("True Attachable");
  expect(of(first).findings).toMatchObject([{ severity: "warning", code: lacks.code }]);
  expect(conditions(of({ ...first, isFirstRound: false })).Available).toBe("False NeedsMissing");
});
