import { describe, expect, it } from "vitest";
import { nodeView } from "../../../diagnosis/node.ts";
import { GUARD, rolloutGuard } from "../../../render/rollout-guard.ts";
import { templateOf } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import {
  asLive,
  installOf,
  keptSpec,
  liveObjectsOf,
  multusPod,
  NOW,
  observed,
  resolved,
  type Situation,
  textOf,
} from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";
import type { Plan } from "./plan.ts";

const THICK = { mode: "Thick", version: "v4.3.0" };
const CANARY = { ...THICK, rollout: { canary: { nodes: 1, probe: "net" } } };
const DAEMON_SET = "DaemonSet kube-system/kube-multus-ds";
/** Everything that changes the cluster. */
const WRITES: readonly Action["kind"][] = [
  ...(["AddFinalizer", "TakeOver", "ReportAdoption", "Record", "Apply", "Delete", "Prune"] as const),
  ...(["DeletePod", "ForceDeletePod", "CreateProbe", "RemoveTaint", "WriteStatus"] as const),
  ...(["CreateAccount", "CleanNodes", "CleanLeftovers", "ReportNodesNotCleaned"] as const),
  ...(["RemoveFinalizer", "ReleaseShims"] as const),
];

const plan = (spec: object, situation: Situation = {}) => {
  const wanted = resolved(installOf(spec));
  return decide(wanted, observed(wanted, situation));
};
const kindsOf = (actions: readonly Action[]) => actions.map(({ kind }) => kind);
const texts = ({ actions }: { actions: readonly Action[] }) => actions.map(textOf);
const all = (found: Plan) => [...found.actions, ...found.unchanged.actions, ...found.changed.actions];
const phaseOf = ({ state }: Plan["unchanged"]) => (state?.kind === "Running" ? state.phase : undefined);
const indexOf = (found: Plan, text: string) => {
  const index = texts(found).indexOf(text);
  expect(index, `${text} in ${texts(found).join("\n")}`).toBeGreaterThanOrEqual(0);
  return index;
};

/** An upgrade of the daemon: its pods delete their configuration when they end. */
const before = resolved(installOf({ ...THICK, version: "v4.2.4" }));
const upgrading: Situation = { running: before, changing: ["kube-multus-ds"] };
const guard = (created: string) =>
  rolloutGuard(before.install, templateOf(daemonSetOf(before))).map((object) => {
    const live = asLive(object);
    return { ...live, metadata: { ...live.metadata, creationTimestamp: created } };
  });
const guardPods = ["node-1", "node-2"].map((node) => multusPod(node, GUARD));
const multusPods = ["node-1", "node-2"].map((node) => multusPod(node, "kube-multus-ds"));

function daemonSetOf(spec: typeof before) {
  const found = liveObjectsOf(spec).find(({ kind }) => kind === "DaemonSet");
  if (!found) throw new Error("no DaemonSet was rendered");
  return found;
}

describe("the first install", () => {
  const first = () => {
    const wanted = resolved(installOf(THICK));
    const empty = { ...observed(wanted, { finalizers: [], pods: [] }), inventory: [] };
    const nothing = { get: () => undefined };
    return decide(wanted, {
      ...empty,
      previous: {},
      owned: nothing,
      workloads: { live: [], obsolete: [], occupiedNodes: [], servingNodes: [] },
      gate: { kind: "Open" },
    });
  };

  it("has everything accepted in a dry run before the first write", () => {
    const kinds = kindsOf(first().actions);
    const writes = kinds.findIndex((kind) => WRITES.includes(kind));
    expect(kinds.indexOf("Rehearse")).toBeLessThan(writes);
    const rehearsal = first().actions.find((action) => action.kind === "Rehearse");
    const applied = first().actions.flatMap((action) => (action.kind === "Apply" ? [action.object] : []));
    expect(rehearsal?.objects).toEqual(applied);
  });

  it("checks the right to approve certificates before that, and adds the finalizer before anything is created", () => {
    const kinds = kindsOf(first().actions);
    expect(kinds[0]).toBe("ServeCertificates");
    expect(kinds.indexOf("AddFinalizer")).toBeLessThan(kinds.indexOf("Record"));
  });

  it("records all objects before it applies the first one", () => {
    const kinds = kindsOf(first().actions);
    expect(kinds.indexOf("Record")).toBeLessThan(kinds.indexOf("Apply"));
    const recorded = first().actions.flatMap((action) => (action.kind === "Record" ? action.entries : []));
    const applied = first().actions.filter(({ kind }) => kind === "Apply");
    expect(recorded).toHaveLength(applied.length);
  });

  it("applies the NAD CRD first, and the DaemonSet after the account and the configuration that its pods use", () => {
    const applied = texts(first()).filter((text) => text.startsWith("Apply"));
    expect(applied[0]).toBe("Apply CustomResourceDefinition network-attachment-definitions.k8s.cni.cncf.io");
    expect(applied.at(-1)).toBe(`Apply ${DAEMON_SET}`);
    expect(applied.join()).toMatch(/ClusterRole .*ClusterRoleBinding .*ConfigMap .*DaemonSet /s);
  });

  it("is not over before the DaemonSet controller has seen the DaemonSet", () => {
    expect(phaseOf(first().changed)?.state).toBe("Progressing");
    expect(kindsOf(first().changed.actions)).not.toContain("Prune");
  });
});

describe("at rest", () => {
  it("rehearses nothing, adds no finalizer and deletes nothing", () => {
    const found = plan(THICK);
    expect(kindsOf(all(found))).not.toEqual(expect.arrayContaining(["Rehearse"]));
    expect(kindsOf(all(found))).not.toEqual(expect.arrayContaining(["AddFinalizer"]));
    expect(kindsOf(all(found))).not.toEqual(expect.arrayContaining(["Delete"]));
    expect(texts(found.unchanged)).toContain("Prune ");
    expect(phaseOf(found.unchanged)?.state).toBe("Complete");
  });

  it("rehearses again after a change of the spec, and until a rehearsal succeeds", () => {
    expect(kindsOf(plan(THICK, { status: { observedGeneration: 0 } }).actions)).toContain("Rehearse");
    const stalled = {
      type: "Stalled",
      status: "True" as const,
      reason: "Rejected",
      message: "",
      observedGeneration: 1,
      lastTransitionTime: NOW.toISOString(),
    };
    expect(kindsOf(plan(THICK, { status: { conditions: [stalled] } }).actions)).toContain("Rehearse");
  });

  it("keeps what ran completely, for a rollback", () => {
    expect(texts(plan(THICK).unchanged)).toContain("Apply ConfigMap kube-system/multus-last-complete");
    const incomplete = plan(THICK, { rollout: { updated: 1 } });
    expect(texts(incomplete.unchanged).join()).not.toContain("multus-last-complete");
  });
});

describe("a replacement of pods that delete their configuration", () => {
  it("puts the guard on the nodes, recorded first, and does not touch the DaemonSet before", () => {
    const found = plan(THICK, upgrading);
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
    const record = texts(found).lastIndexOf("Record 2");
    expect(record).toBeLessThan(indexOf(found, `Apply DaemonSet kube-system/${GUARD}`));
    expect(texts(found)[record + 1]).toBe(`Apply ConfigMap kube-system/${GUARD}`);
    expect(phaseOf(found.unchanged)).toMatchObject({ state: "Progressing" });
  });

  it("waits for the guard on every node that Multus serves, and leaves the guard as it is meanwhile", () => {
    const more = guard("2026-01-01T00:09:50Z");
    const found = plan(THICK, { ...upgrading, more, pods: [...multusPods, ...guardPods.slice(0, 1)] });
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
    expect(texts(found)).not.toContain(`Apply DaemonSet kube-system/${GUARD}`);
    expect(phaseOf(found.unchanged)?.message).toContain("node-2");
  });

  it("replaces Multus once the guard is on the nodes", () => {
    const more = guard("2026-01-01T00:09:50Z");
    const found = plan(THICK, { ...upgrading, more, pods: [...multusPods, ...guardPods] });
    expect(texts(found)).toContain(`Apply ${DAEMON_SET}`);
  });

  it("does not trust a copy of the guard that the API server does not have", () => {
    const wanted = resolved(installOf(THICK));
    const more = guard("2026-01-01T00:09:50Z");
    const seen = observed(wanted, { ...upgrading, more, pods: [...multusPods, ...guardPods] });
    const { guard: known } = seen.workloads;
    if (!known) throw new Error("no guard was observed");
    const workloads = { ...seen.workloads, guard: { ...known, isGone: true } };
    const found = decide(wanted, { ...seen, workloads });
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
    expect(texts(found)).not.toContain(`Apply DaemonSet kube-system/${GUARD}`);
  });

  it("removes the guard only when the rollout is over", () => {
    const more = guard("2026-01-01T00:09:50Z");
    const pods = [...multusPods, ...guardPods];
    const over = plan(THICK, { more, pods });
    expect(over.unchanged.actions.find(({ kind }) => kind === "Prune")).toMatchObject({
      obsolete: expect.arrayContaining([expect.objectContaining({ kind: "DaemonSet", name: GUARD })]),
    });
    const underWay = plan(THICK, { more, pods, rollout: { updated: 1 } });
    expect(kindsOf(all(underWay))).not.toContain("Prune");
    expect(kindsOf(over.changed.actions)).not.toContain("Prune");
  });
});

describe("rights of the previous pods", () => {
  const bindingOf = (found: Plan, where: "actions" | "unchanged") => {
    const actions = where === "actions" ? found.actions : found.unchanged.actions;
    const binding = actions.find(
      (action) => action.kind === "Apply" && action.object.kind === "ClusterRoleBinding",
    );
    return binding?.kind === "Apply" ? (binding.object.subjects as { kind: string }[]) : undefined;
  };
  const withCertificates = resolved(
    installOf({ ...THICK, daemon: { perNodeCertificate: { enabled: true } } }),
  );

  it("stay until the rollout is over: the subjects first, then the exact ones", () => {
    const found = plan(THICK, { running: withCertificates });
    expect(bindingOf(found, "actions")?.map(({ kind }) => kind)).toContain("Group");
    expect(bindingOf(found, "unchanged")?.map(({ kind }) => kind)).not.toContain("Group");
    expect(found.actions[0]).toMatchObject({ namespace: "kube-system", required: false });
  });

  it("a role that allows more is not narrowed while pods are replaced", () => {
    const thin = { mode: "Thin", version: "v4.3.0" };
    const running = resolved(installOf(THICK));
    const role = (situation: Situation) => texts(plan(thin, situation)).includes("Apply ClusterRole multus");
    expect(role({ running, changing: ["kube-multus-ds"] })).toBe(false);
    expect(role({ running })).toBe(true);
  });

  it("a binding that was made by hand is not written while its role allows more than the operator may grant", () => {
    const running = resolved(installOf({ ...THICK, version: "v4.2.4" }));
    const everything = { apiGroups: ["k8s.cni.cncf.io"], resources: ["*"], verbs: ["*"] };
    running.rendered.objects = running.rendered.objects.map((object) =>
      object.kind === "ClusterRole"
        ? { ...object, rules: [...(object.rules as object[]), everything] }
        : object,
    );
    const written = (situation: Situation) =>
      texts(plan(THICK, situation)).filter((text) => text.startsWith("Apply ClusterRole"));
    expect(written({ running, changing: ["kube-multus-ds"] })).toEqual([]);
    expect(written({ running })).toEqual(["Apply ClusterRole multus", "Apply ClusterRoleBinding multus"]);
  });
});

describe("a canary", () => {
  const changed: Situation = { ...upgrading, more: guard("2026-01-01T00:09:50Z") };
  const pods = [...multusPods, ...guardPods];

  it("holds the DaemonSet back: no pod is replaced by it", () => {
    const found = plan(CANARY, { ...changed, pods });
    const daemonSet = found.actions.find(
      (action) => action.kind === "Apply" && textOf(action) === `Apply ${DAEMON_SET}`,
    );
    expect(daemonSet).toMatchObject({ object: { spec: { updateStrategy: { type: "OnDelete" } } } });
    expect(kindsOf(found.unchanged.actions)).not.toContain("Prune");
    expect(phaseOf(found.changed)?.message).toContain("canary");
  });

  it("records the chosen nodes before the first pod is deleted, and then replaces one node alone", () => {
    const wanted = resolved(installOf(CANARY));
    const seen = observed(wanted, { ...changed, pods });
    const chosen = decide(wanted, seen).unchanged;
    expect(chosen.record).toMatchObject({ state: "Canary", nodes: ["node-1"] });
    expect(kindsOf(chosen.actions)).not.toContain("DeletePod");
    const live = daemonSetOf(resolved(installOf(CANARY)));
    const annotations = { "deprecated.daemonset.template.generation": "2" };
    const newTemplate = { ...live, metadata: { ...live.metadata, annotations } };
    const next = {
      ...observed(wanted, { pods, status: { rollout: chosen.record } }),
      gate: seen.gate,
      canary: { ...seen.canary, live: { get: () => newTemplate } },
    };
    if (next.gate.kind !== "Held") throw new Error("the canary does not hold");
    const gate = { ...next.gate, trial: { ...next.gate.trial, known: chosen.record } };
    const replaced = decide(wanted, { ...next, gate }).unchanged;
    expect(texts(replaced).filter((text) => text.startsWith("DeletePod"))).toEqual([
      "DeletePod kube-multus-ds-node-1",
    ]);
  });

  it("that has failed leaves the other nodes alone", () => {
    const wanted = resolved(installOf(CANARY));
    const seen = observed(wanted, { ...changed, pods });
    if (seen.gate.kind !== "Held") throw new Error("the canary does not hold");
    const known = {
      revision: seen.gate.trial.revision,
      generation: 1,
      state: "Failed",
      message: "no",
    } as const;
    const gate = { ...seen.gate, trial: { ...seen.gate.trial, known } };
    const { unchanged } = decide(wanted, { ...seen, gate });
    expect(phaseOf(unchanged)).toEqual({ state: "RolloutFailed", message: "no" });
    expect(unchanged.actions).toEqual([]);
    expect(unchanged.rechecks).toEqual([]);
  });

  it("does not begin without its probe's network, and nothing is written", () => {
    const found = plan(CANARY, { ...changed, pods, missingProbeNetwork: "kube-system/net" });
    const kinds = kindsOf(found.actions);
    const writes = kinds.findIndex((kind) => WRITES.includes(kind));
    expect(kinds.indexOf("Reject")).toBeGreaterThan(kinds.indexOf("ServeCertificates"));
    expect(kinds.indexOf("Reject")).toBeLessThan(writes);
  });
});

describe("what the previous Multus left", () => {
  const leftovers = (unclean: number) =>
    ({ request: {}, progress: { unclean, failed: 0, warnings: [] } }) as unknown as NonNullable<
      Situation["leftovers"]
    >;
  const thin = installOf({ mode: "Thin", version: "v4.3.0" });

  it("is removed before a replacement is over, and the new spec is kept only then", () => {
    const more = [keptSpec(thin)];
    const cleaning = plan(THICK, { more, leftovers: leftovers(1) }).unchanged;
    expect(phaseOf(cleaning)?.state).toBe("Inspecting");
    expect(texts(cleaning).join()).not.toContain("multus-last-complete");
    const clean = plan(THICK, { more, leftovers: leftovers(0) }).unchanged;
    expect(phaseOf(clean)?.state).toBe("Complete");
    expect(texts(clean)).toContain("Apply ConfigMap kube-system/multus-last-complete");
  });

  it("is left while nodes are not complete", () => {
    const found = plan(THICK, { leftovers: leftovers(1), rollout: { updated: 1 } });
    expect(kindsOf(found.unchanged.actions)).toContain("AbandonLeftovers");
    expect(kindsOf(all(found))).not.toContain("CleanLeftovers");
  });
});

describe("an adoption", () => {
  const manual = {
    ...daemonSetOf(resolved(installOf(THICK))),
    metadata: {
      ...{ name: "kube-multus-ds", namespace: "kube-system", resourceVersion: "7" },
      managedFields: [
        { manager: "kubectl-create", operation: "Update", apiVersion: "apps/v1", fieldsV1: { "f:spec": {} } },
      ],
    },
  };

  it("takes the fields over and applies nothing before that is seen", () => {
    const found = plan({ ...THICK, adopt: true }, { adoption: { taken: [manual], notes: ["adopted"] } });
    expect(kindsOf(found.actions)).toEqual(["ServeCertificates", "TakeOver", "ReportAdoption", "Record"]);
    expect(found.unchanged.rechecks).toEqual([1]);
  });
});

describe("a paused install", () => {
  const taint = "example.com/not-ready";
  const nodes = [
    nodeView({ metadata: { name: "node-1" }, spec: { taints: [{ key: taint, effect: "NoSchedule" }] } }),
    nodeView({ metadata: { name: "node-3" }, spec: { taints: [{ key: taint, effect: "NoSchedule" }] } }),
  ];
  const spec = { ...THICK, paused: true, nodes: { startupTaint: taint } };

  it("writes nothing but the removal of the startup taint where Multus runs", () => {
    const found = plan(spec, { nodes });
    const written = all(found).filter(({ kind }) => WRITES.includes(kind));
    expect([...new Set(written.map(textOf))]).toEqual([`RemoveTaint node-1 ${taint}`]);
  });

  it("names what waits", () => {
    const wanted = resolved(installOf(spec));
    const [daemonSet] = wanted.rendered.objects.filter(({ kind }) => kind === "DaemonSet");
    if (!daemonSet) throw new Error("no DaemonSet was rendered");
    const found = decide(wanted, observed(wanted, { differing: new Set([daemonSet]) }));
    expect(found.unchanged.state).toMatchObject({ kind: "Paused", waiting: [`apply ${DAEMON_SET}`] });
  });
});

describe("the startup taint", () => {
  it("is removed last", () => {
    const taint = "example.com/not-ready";
    const nodes = [
      nodeView({ metadata: { name: "node-1" }, spec: { taints: [{ key: taint, effect: "NoSchedule" }] } }),
    ];
    const found = plan({ ...THICK, nodes: { startupTaint: taint } }, { nodes });
    expect(texts(found.unchanged).at(-1)).toBe(`RemoveTaint node-1 ${taint}`);
    expect(found.unchanged.startupTaint).toEqual({ key: taint, waitingTotal: 0 });
  });
});

describe("a change between DaemonSets of other names", () => {
  it("ends the previous pods under the guard before the new ones are applied", () => {
    const old = daemonSetOf(before);
    const previous = { ...old, metadata: { ...old.metadata, name: "kube-multus-ds-amd64", uid: "old" } };
    const pods = ["node-1", "node-2"].map((node) => multusPod(node, "kube-multus-ds-amd64"));
    const wanted = resolved(installOf(THICK));
    const seen = observed(wanted, {
      more: [previous, ...guard("2026-01-01T00:09:50Z")],
      pods: [...pods, ...guardPods],
    });
    const found = decide(wanted, seen);
    expect(texts(found)).toContain("Delete DaemonSet kube-multus-ds-amd64");
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
  });
});
