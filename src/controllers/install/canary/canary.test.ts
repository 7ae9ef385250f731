import { describe, expect, it } from "vitest";
import { PROBE } from "../../../render/probe-pod.ts";
import { decide } from "../decide/decide.ts";
import {
  CANARY,
  DAEMON_SET,
  daemonSetOf,
  guard,
  guardPods,
  kindsOf,
  multusPods,
  phaseOf,
  plan,
  THICK,
  texts,
  upgrading,
  WRITES,
} from "../decide/plans.fixture.ts";
import type { Observed } from "../observe/observe.ts";
import {
  installOf,
  multusPod,
  observed,
  resolved,
  type Situation,
  textOf,
} from "../observe/observed.fixture.ts";
import { SeenPods } from "../observe/seen-pods.ts";
import type { RolloutRecord } from "../rollout/rollout-record.ts";

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

  it("begins under the guard: it deletes pods, too", () => {
    const known = { revision: "x", generation: 1, state: "Canary", message: "" } as const;
    const found = plan(CANARY, { ...upgrading, status: { rollout: known } });
    expect(texts(found)).not.toContain(`Apply ${DAEMON_SET}`);
    expect(phaseOf(found.unchanged)?.message).toContain("guard");
    expect(found.unchanged.record).toEqual(known);
    expect(kindsOf(found.unchanged.actions)).not.toContain("DeletePod");
  });

  describe("once the DaemonSet has the new template", () => {
    const wanted = resolved(installOf(CANARY));
    const live = daemonSetOf(wanted);
    const annotations = { "deprecated.daemonset.template.generation": "2" };
    const newTemplate = { ...live, metadata: { ...live.metadata, annotations } };
    const step = (record?: RolloutRecord, more: Partial<Observed["canary"]> = {}) => {
      const seen = observed(wanted, { ...changed, pods });
      if (seen.gate.kind !== "Held") throw new Error("the canary does not hold");
      const gate = { ...seen.gate, trial: { ...seen.gate.trial, record } };
      return decide(wanted, {
        ...seen,
        gate,
        canary: { ...seen.canary, live: { get: () => newTemplate }, ...more },
      });
    };

    it("records the chosen nodes before the first pod is deleted, and then replaces one node alone", () => {
      const chosen = step().unchanged;
      expect(chosen.record).toMatchObject({ state: "Canary", nodes: ["node-1"] });
      expect(kindsOf(chosen.actions)).not.toContain("DeletePod");
      const replaced = step(chosen.record).unchanged;
      expect(texts(replaced).filter((text) => text.startsWith("DeletePod"))).toEqual([
        "DeletePod kube-multus-ds-node-1",
      ]);
    });

    it("chooses others if all of its nodes have left the cluster", () => {
      const { record } = step().unchanged;
      if (!record) throw new Error("no nodes were chosen");
      const again = step({ ...record, nodes: ["left-the-cluster"] }).unchanged;
      expect(again.record).toMatchObject({ state: "Canary", nodes: ["node-1"] });
      const rest = step({ ...record, nodes: ["left-the-cluster", "node-2"] }).unchanged;
      expect(texts(rest)).toContain("DeletePod kube-multus-ds-node-2");
    });

    describe("with its first node's new pod", () => {
      const started = "2026-01-01T00:00:00Z";
      const starting = { ready: false, templateGeneration: "2", created: started };
      const replaced = multusPod("node-1", "kube-multus-ds", { ...starting, uid: "new" });
      const now = [replaced, ...multusPods.slice(1), ...guardPods];
      const stepAfter = (seconds: number, clock: string) => {
        let passed = 0;
        const seen = new SeenPods(() => passed * 1000);
        seen.ages(now, new Set(["kube-system"]), new Date(clock));
        passed += seconds;
        const { record } = step().unchanged;
        return step(record, { pods: now, ages: seen.ages(now, new Set(["kube-system"]), new Date(clock)) })
          .unchanged;
      };

      it.each(["2026-01-01T01:00:00Z", "2025-12-31T23:00:00Z"])(
        "gives it five minutes that were observed, whatever the clocks show: %s",
        (clock) => {
          expect(phaseOf(stepAfter(300, clock))).toMatchObject({ state: "Progressing" });
          expect(phaseOf(stepAfter(301, clock))).toMatchObject({ state: "RolloutFailed" });
        },
      );
    });

    it("waits until the DaemonSet controller has seen it, also if it was written just now", () => {
      const { record } = step().unchanged;
      for (const waiting of [step(record, { isSeen: false }).unchanged, step(record).changed]) {
        expect(phaseOf(waiting)?.message).toContain("DaemonSet controller has not seen the newest spec");
        expect(waiting.actions).toEqual([]);
      }
    });
  });

  it("removes the probes of one that ended in the middle, and keeps its own", () => {
    const probe = { ...multusPod("node-1", ""), name: "multus-probe-1", labels: { name: PROBE } };
    expect(texts(plan(THICK, { pods: [...multusPods, probe] }))).toContain("DeletePod multus-probe-1");
    const held = plan(CANARY, { ...changed, pods: [...pods, probe] });
    expect(texts(held)).not.toContain("DeletePod multus-probe-1");
  });

  it("that has failed leaves the other nodes alone", () => {
    const wanted = resolved(installOf(CANARY));
    const seen = observed(wanted, { ...changed, pods });
    if (seen.gate.kind !== "Held") throw new Error("the canary does not hold");
    const record = {
      revision: seen.gate.trial.revision,
      generation: 1,
      state: "Failed",
      message: "no",
    } as const;
    const gate = { ...seen.gate, trial: { ...seen.gate.trial, record } };
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
