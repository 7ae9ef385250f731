import { describe, expect, it } from "vitest";
import { POOL_DEFINITIONS } from "../../../render/definitions.ts";
import type { Action } from "../actions/actions.ts";
import { installOf, observed, resolved } from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";
import { all, DAEMON_SET, indexOf, phaseOf, plan, THICK, texts } from "./plans.fixture.ts";

const isDaemonSet = (action: Action) => action.kind === "Apply" && action.object.kind === "DaemonSet";
const WITH = { ...THICK, whereabouts: { enabled: true } };

describe("whereabouts next to Multus", () => {
  it("is applied at once, its bindings after their roles, and the DaemonSet last of its objects", () => {
    const found = texts(plan(WITH));
    const at = (text: string) => indexOf(plan(WITH), text);
    expect(at("Apply Role kube-system/whereabouts-cni")).toBeLessThan(
      at("Apply RoleBinding kube-system/whereabouts"),
    );
    expect(at("Apply ConfigMap kube-system/whereabouts-config")).toBeLessThan(
      at("Apply DaemonSet kube-system/whereabouts"),
    );
    expect(found.filter((text) => text === "Apply DaemonSet kube-system/whereabouts")).toHaveLength(1);
    expect(found).toContain(`Apply ${DAEMON_SET}`);
  });

  it("is not a workload of the rollout: no mark of a revision, and neither live nor obsolete", () => {
    const wanted = resolved(installOf(WITH));
    const seen = observed(wanted);
    expect(seen.workloads.live.map(({ name }) => name)).toEqual(["kube-multus-ds"]);
    const applied = decide(wanted, seen).actions.find(
      (action) =>
        action.kind === "Apply" && action.object.metadata.name === "whereabouts" && isDaemonSet(action),
    );
    const rendered = wanted.rendered.objects.find(
      ({ kind, metadata }) => kind === "DaemonSet" && metadata.name === "whereabouts",
    );
    expect(applied).toEqual({ kind: "Apply", object: rendered, adopt: false });
    const without = resolved(installOf(THICK));
    expect(observed(without, { running: wanted }).workloads.obsolete).toEqual([]);
  });

  it("is no previous Multus when it is switched off: no guard, and nothing is waited for", () => {
    const found = plan(THICK, { running: resolved(installOf(WITH)) });
    const all = texts(found).join();
    expect(all).not.toContain("multus-rollout-guard");
    expect(all).not.toContain("Delete DaemonSet whereabouts");
    expect(phaseOf(found.unchanged)?.state).toBe("Complete");
  });

  it("is removed with all but its CRDs, which stay recorded", () => {
    const { actions } = plan(THICK, { running: resolved(installOf(WITH)) }).unchanged;
    const prune = actions.find((action) => action.kind === "Prune");
    const removed = prune?.obsolete.map(({ kind, name }) => `${kind} ${name}`);
    expect(removed).toEqual([
      "ServiceAccount whereabouts",
      "ClusterRole whereabouts-cni",
      "ClusterRoleBinding whereabouts",
      "Role whereabouts-cni",
      "RoleBinding whereabouts",
      "ConfigMap whereabouts-config",
      "DaemonSet whereabouts",
    ]);
    expect(prune?.wanted.map(({ name }) => name)).toEqual(expect.arrayContaining([...POOL_DEFINITIONS]));
  });

  it("keeps the install from being Ready, and from forgetting what was, until it runs everywhere", () => {
    const waiting = "whereabouts: 2 of 2 nodes updated, 1 available";
    const found = plan(WITH, { rollout: { waiting } });
    expect(phaseOf(found.unchanged)).toEqual({
      state: "Progressing",
      message: `2 of 2 nodes updated, 2 available; ${waiting}`,
    });
    expect(all(found).map(({ kind }) => kind)).not.toContain("Prune");
  });

  it("binds its role to its own account, whatever Multus' previous pods were", () => {
    const binding = plan(WITH).actions.find(
      (action) => action.kind === "Apply" && action.object.metadata.name === "whereabouts",
    );
    expect(binding).toBeDefined();
    const found = plan(WITH).actions.flatMap((action) =>
      action.kind === "Apply" && /Binding$/.test(action.object.kind) ? [action.object] : [],
    );
    for (const { metadata, subjects } of found.filter(({ metadata }) => metadata.name === "whereabouts"))
      expect([metadata.name, subjects]).toEqual([
        "whereabouts",
        [{ kind: "ServiceAccount", name: "whereabouts", namespace: "kube-system" }],
      ]);
  });
});
