import { describe, expect, it } from "vitest";
import { nodeView } from "../../../diagnosis/node.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import type { Observed } from "../observe/observe.ts";
import { installOf, multusPod, NOW, observed, resolved } from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";

import {
  all,
  before,
  CANARY,
  DAEMON_SET,
  daemonSetOf,
  guard,
  guardPods,
  indexOf,
  kindsOf,
  manual,
  multusPods,
  phaseOf,
  plan,
  THICK,
  texts,
  upgrading,
  WRITES,
} from "./plans.fixture.ts";

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

  it("puts no guard on nodes that lose Multus: no pod would start or end there while the others are replaced", () => {
    const found = plan({ ...THICK, workload: { nodeSelector: { pool: "a" } } }, upgrading);
    const applied = found.actions.flatMap((action) => (action.kind === "Apply" ? [action.object] : []));
    const daemonSet = applied.find(({ kind, metadata }) => kind === "DaemonSet" && metadata.name === GUARD);
    expect(JSON.stringify(daemonSet)).toContain('{"key":"pool","operator":"In","values":["a"]}');
  });

  it("waits for the guard on every node that Multus serves, and leaves the guard as it is meanwhile", () => {
    const more = guard("2026-01-01T00:09:50Z");
    const found = plan(THICK, { ...upgrading, more, pods: [...multusPods, ...guardPods.slice(0, 1)] });
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
    expect(texts(found)).not.toContain(`Apply DaemonSet kube-system/${GUARD}`);
    expect(phaseOf(found.unchanged)?.message).toContain("node-2");
  });

  it("does not wait for the guard on more nodes than its DaemonSet is for", () => {
    const status = { observedGeneration: 1, desiredNumberScheduled: 1, numberAvailable: 1 };
    const more = guard("2026-01-01T00:09:50Z").map((object) => ({ ...object, status }));
    const found = plan(THICK, { ...upgrading, more, pods: [...multusPods, ...guardPods.slice(0, 1)] });
    expect(texts(found)).toContain(`Apply ${DAEMON_SET}`);
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

describe("an adoption", () => {
  it("takes the fields over and applies nothing before that is seen", () => {
    const found = plan({ ...THICK, adopt: true }, { adoption: { taken: [manual], notes: ["adopted"] } });
    expect(kindsOf(found.actions)).toEqual(["ServeCertificates", "TakeOver", "ReportAdoption", "Record"]);
    expect(found.unchanged.rechecks).toEqual([1]);
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

  it("ends only those first that delete their configuration: v3.4 serves its pods until the new one is there", () => {
    const named = (spec: typeof before, name: string) => {
      const old = daemonSetOf(spec);
      return { ...old, metadata: { ...old.metadata, name, uid: name } };
    };
    const v3 = resolved(installOf({ mode: "Thin", version: "v3.4.2" }));
    const more = [
      named(before, "previous"),
      named(v3, "kube-multus-ds-amd64"),
      ...guard("2026-01-01T00:09:50Z"),
    ];
    const pods = [...["node-1", "node-2"].map((node) => multusPod(node, "previous")), ...guardPods];
    const found = plan(THICK, { more, pods });
    expect(texts(found).filter((text) => text.startsWith("Delete "))).toEqual(["Delete DaemonSet previous"]);
  });
});

describe("the tasks on nodes", () => {
  const inspecting = { request: {} } as unknown as Observed["inspectionPlan"];
  const wanted = resolved(installOf(THICK));

  it("release the shims once the account of their pods is applied", () => {
    const found = plan(THICK);
    expect(indexOf(found, "ReleaseShims")).toBeGreaterThan(
      indexOf(found, "Apply ServiceAccount kube-system/multus"),
    );
    expect(indexOf(found, "ReleaseShims")).toBeGreaterThan(indexOf(found, "Apply ClusterRoleBinding multus"));
  });

  it("inspect the nodes in every step", () => {
    for (const situation of [{}, upgrading])
      expect(
        decide(wanted, { ...observed(wanted, situation), inspectionPlan: inspecting }).actions,
      ).toContainEqual({ kind: "Inspect", plan: inspecting });
  });

  it("clean no leftovers while Multus is replaced, or while a canary holds", () => {
    expect(texts(plan(THICK, upgrading))).toContain("AbandonLeftovers");
    const more = guard("2026-01-01T00:09:50Z");
    const held = plan(CANARY, { ...upgrading, more, pods: [...multusPods, ...guardPods] });
    expect(texts(held)).toContain("AbandonLeftovers");
    expect(texts(plan(THICK))).not.toContain("AbandonLeftovers");
  });
});
