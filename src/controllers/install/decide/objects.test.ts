import { describe, expect, it } from "vitest";
import { installOf, resolved, type Situation } from "../observe/observed.fixture.ts";
import type { Plan } from "./plan.ts";

import { daemonSetOf, guard, plan, THICK, texts } from "./plans.fixture.ts";

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
    const old = daemonSetOf(running);
    const previous = { ...old, metadata: { ...old.metadata, name: "kube-multus-ds-amd64" } };
    expect(role({ running, more: guard("2026-01-01T00:09:50Z") })).toBe(false);
    expect(role({ running, more: [previous] })).toBe(false);
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
