import { describe, expect, it } from "vitest";
import { endsAsReference, staysAlive } from "./end-state.ts";
import { answer, changes, object, reference, run, stateOf } from "./evidence.fixture.ts";
import {
  accountsForItsObjects,
  changesNoTemplateNeedlessly,
  cleansEveryNode,
  guardsNodes,
  keepsForeignFields,
  probesBeforeTheOthers,
  restartsNoPodNeedlessly,
} from "./order.ts";

const FINALIZER = "multus-operator.dev/cleanup";
const role = object("ClusterRole multus", {
  metadata: { labels: { "app.kubernetes.io/managed-by": "multus-operator" } },
});
const install = (finalizers: string[], ...inventory: object[]) =>
  object("MultusInstall multus", { metadata: { finalizers }, status: { inventory } });

describe("the inventory", () => {
  const check = (...list: Parameters<typeof changes>) =>
    accountsForItsObjects(run({ timeline: { start: stateOf(), changes: changes(...list) } }), reference());

  it("names an object before it is created, and holds the install by its finalizer", () => {
    const recorded = install([FINALIZER], { kind: "ClusterRole", name: "multus" });
    expect(check(recorded, role, "ClusterRole multus", "MultusInstall multus")).toEqual([]);
    expect(check(install([FINALIZER]), role)).toEqual(["ClusterRole multus was not in the inventory"]);
    expect(check(install([], { kind: "ClusterRole", name: "multus" }), role)).toHaveLength(1);
    expect(check(recorded, role, "MultusInstall multus")).toHaveLength(1);
  });

  it("is not known while the observer saw no states of the install", () => {
    const recorded = install([FINALIZER], { kind: "ClusterRole", name: "multus" });
    const seen = changes(install([FINALIZER]), role, recorded);
    const checkUnseen = (unseenSince: number, last = recorded) => {
      const caughtUp = { ...seen.at(-1), object: last, unseenSince } as (typeof seen)[number];
      const timeline = { start: stateOf(), changes: [...seen.slice(0, -1), caughtUp] };
      return accountsForItsObjects(run({ timeline }), reference());
    };
    expect(checkUnseen(1)).toEqual([]);
    expect(checkUnseen(2)).toHaveLength(1);
    expect(checkUnseen(1, install([FINALIZER]))).toHaveLength(1);
  });
});

describe("a deletion", () => {
  const cleaned = (node: string, revision: number, problems: object[] = []) =>
    answer("clean", node, revision, { node, problems });
  const expected = reference({
    start: { "MultusInstall multus": {} },
    tasks: ["a", "b"].map((node) => ({ kind: "clean", node })),
  });
  const gone = {
    start: stateOf(),
    changes: changes(object("Node a"), object("Node b"), "MultusInstall multus"),
  };
  const check = (...answers: ReturnType<typeof cleaned>[]) =>
    cleansEveryNode(run({ timeline: gone, answers }), expected);

  it("cleans every node before the install is gone", () => {
    expect(check(cleaned("a", 1), cleaned("b", 2))).toEqual([]);
    expect(check(cleaned("a", 1), cleaned("b", 4))).toEqual(["b was not cleaned"]);
    expect(check(cleaned("a", 1), cleaned("b", 2, [{ path: "/x" }]))).toEqual(["b was not cleaned"]);
  });
});

describe("pods", () => {
  const started = [{ name: "multus", node: "a" }];

  it("are started as often as without a fault: no node is skipped, and none is restarted needlessly", () => {
    const expected = reference({ started });
    expect(restartsNoPodNeedlessly(run({ started }), expected)).toEqual([]);
    expect(restartsNoPodNeedlessly(run({ started: [] }), expected)).toEqual([
      expect.stringContaining("a was skipped"),
    ]);
    expect(restartsNoPodNeedlessly(run({ started: [...started, ...started] }), expected)).toHaveLength(1);
  });

  it("are started at most once for each template if it changes again during the rollout", () => {
    const daemonSet = (image: string) =>
      object("DaemonSet kube-system/kube-multus-ds", { spec: { template: { image } } });
    const timeline = { start: stateOf(daemonSet("a")), changes: changes(daemonSet("b"), daemonSet("a")) };
    const expected = reference({ started, timeline });
    const check = (times: number) =>
      restartsNoPodNeedlessly(
        run({ started: Array.from({ length: times }, () => ({ name: "multus", node: "a" })) }),
        expected,
      );
    expect([check(0), check(2)]).toEqual([[], []]);
    expect(check(3)).toEqual(["3 pods of Multus were started on a, not 1"]);
  });

  it("end next to a guard if they do without a fault", () => {
    const ended = (...next: string[]) => [{ name: "multus", node: "a", next }];
    const guarded = reference({ ended: ended("multus-rollout-guard") });
    expect(guardsNodes(run({ ended: ended("multus-rollout-guard") }), guarded)).toEqual([]);
    expect(guardsNodes(run({ ended: ended() }), guarded)).toEqual(["Multus ended on a without a guard"]);
    expect(guardsNodes(run({ ended: ended() }), reference({ ended: ended() }))).toEqual([]);
  });
});

it("has a canary's node probed before the other nodes get the new Multus", () => {
  const order = (...names: string[]) => names.map((name) => ({ name, node: "a" }));
  const check = (...names: string[]) =>
    probesBeforeTheOthers(
      run({ started: order(...names) }),
      reference({ started: order("multus", "multus-probe", "multus") }),
    );
  expect(check("multus", "multus-probe", "multus-probe", "multus")).toEqual([]);
  expect(check("multus", "multus", "multus-probe")).toHaveLength(1);
});

it("counts the templates of a DaemonSet", () => {
  const daemonSet = (image: string) => object("DaemonSet kube-system/x", { spec: { template: { image } } });
  const timeline = (...images: string[]) => ({
    start: stateOf(daemonSet("a")),
    changes: changes(...images.map(daemonSet)),
  });
  const check = (...images: string[]) =>
    changesNoTemplateNeedlessly(
      run({ timeline: timeline(...images) }),
      reference({ timeline: timeline("b") }),
    );
  expect(check("b", "b")).toEqual([]);
  expect(check("b", "a", "b")).toEqual(["DaemonSet kube-system/x had 3 templates, not 1"]);
});

it("compares the ends, and reports what differs by its field", () => {
  const expected = reference({ end: { "ConfigMap x": { data: { a: "1", b: "2" } } } });
  expect(endsAsReference(run({ end: expected.end }), expected)).toEqual([]);
  expect(endsAsReference(run({ end: { "ConfigMap x": { data: { a: "1", b: "3" } } } }), expected)).toEqual([
    'ConfigMap x.data.b: expected "2", found "3"',
  ]);
  expect(endsAsReference(run({ end: expected.end, restAt: undefined }), expected)).toHaveLength(1);
});

it("reports an operator that ended, and foreign fields that are gone", () => {
  expect(staysAlive(run({ failures: ["TypeError"] }), reference())).toEqual(["an operator ended: TypeError"]);
  expect(keepsForeignFields(run({ isForeignKept: false }), reference())).toHaveLength(1);
  expect(keepsForeignFields(run({ isForeignKept: true }), reference())).toEqual([]);
});
