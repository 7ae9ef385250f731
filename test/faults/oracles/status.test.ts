import { describe, expect, it } from "vitest";
import { endState } from "../end-state.ts";
import { answer, changes, object, reference, run, stateOf } from "./evidence.fixture.ts";
import { namesWhatIsUnknown, neverLies } from "./status.ts";

const DAEMON_SET = "DaemonSet kube-system/kube-multus-ds";
const daemonSet = (image: string, available = 1) =>
  object(DAEMON_SET, {
    spec: { template: { image } },
    status: {
      desiredNumberScheduled: 1,
      updatedNumberScheduled: 1,
      numberAvailable: available,
      numberMisscheduled: 0,
    },
  });
const install = (image: string, ready: string, message = "", more: object = {}) =>
  object("MultusInstall multus", {
    metadata: { generation: 1 },
    spec: { image },
    status: {
      conditions: [
        { type: "Ready", status: ready, reason: "X", message, observedGeneration: 1 },
        { type: "Reconciling", status: "True", reason: "Syncing", message, observedGeneration: 1 },
      ],
      ...more,
    },
  });
const wanted = reference({ end: endState(stateOf(install("new", "True"), daemonSet("new"))) });
const start = stateOf(install("new", "False"), daemonSet("old"));
const check = (more: Partial<Parameters<typeof neverLies>[0]>, ...list: Parameters<typeof changes>) =>
  neverLies(run({ timeline: { start, changes: changes(...list) }, ...more }), wanted);

describe("Ready=True", () => {
  it("is true once the objects are those of the spec, on every node", () => {
    expect(check({}, daemonSet("new"), install("new", "True"))).toEqual([]);
  });

  it("is a lie before that", () => {
    expect(check({}, install("new", "True"), daemonSet("new"))).toEqual([
      expect.stringContaining(`Ready=True was written although ${DAEMON_SET}.spec.template.image`),
    ]);
    expect(check({}, daemonSet("new", 0), install("new", "True"))).toEqual([
      expect.stringContaining("numberAvailable"),
    ]);
    expect(check({}, DAEMON_SET, install("new", "True"))).toEqual([expect.stringContaining("is missing")]);
  });

  it("may be late for what others have just changed, but not for long", () => {
    const drift = daemonSet("old");
    const ready = (message: string) => install("new", "True", message);
    expect(check({ isTampered: true }, daemonSet("new"), ready(""), drift, ready("a"))).toEqual([]);
    expect(
      check({ isTampered: true }, daemonSet("new"), ready(""), drift, ready("a"), ready("b"), ready("c")),
    ).toEqual([expect.stringContaining("was written although")]);
    const late = changes(daemonSet("new"), ready(""), drift, object("Node a")).map((change, index) =>
      index === 3 ? { ...change, at: 60_000 } : change,
    );
    expect(neverLies(run({ timeline: { start, changes: late }, isTampered: true }), wanted)).toEqual([
      expect.stringContaining("Ready=True stayed although"),
    ]);
  });

  it("waits for the inspection of each node whose pod is new, by an answer about that node", () => {
    const pod = object("Pod kube-system/m", {
      metadata: { labels: { name: "multus" } },
      spec: { nodeName: "a" },
    });
    const inspected = (revision: number, about = "a") => [answer("inspect", "a", revision, { node: about })];
    const tasks = [{ kind: "inspect", node: "a" }];
    const before = "Ready=True was written before a was inspected";
    const ends = (answers: ReturnType<typeof inspected>, ready = install("new", "True")) =>
      check({ tasks, answers }, daemonSet("new"), object("Node a"), pod, object("Node a"), ready);
    expect(ends(inspected(4))).toEqual([]);
    expect(ends(inspected(2))).toEqual([before]);
    expect(ends(inspected(6))).toEqual([before]);
    expect(ends(inspected(4, "b"))).toEqual([before]);
    expect(ends([], install("new", "True", "", { warnings: ["a: evicted"] }))).toEqual([]);
    const known = {
      start: new Map([...start, ...stateOf(pod)]),
      changes: changes(pod, install("new", "True")),
    };
    expect(neverLies(run({ timeline: known, tasks }), wanted)).not.toContain(before);
  });
});

it("names the list that is held back", () => {
  const timeline = { start, changes: changes(install("new", "False", "nodes: no answer")) };
  expect(namesWhatIsUnknown(run({ timeline, heldBack: "nodes" }), wanted)).toEqual([]);
  expect(namesWhatIsUnknown(run({ timeline, heldBack: "pods" }), wanted)).toHaveLength(1);
  expect(namesWhatIsUnknown(run({ timeline }), wanted)).toEqual([]);
});
