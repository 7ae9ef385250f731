import { expect } from "vitest";
import { GUARD, rolloutGuard } from "../../../render/rollout-guard.ts";
import { templateOf } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import {
  asLive,
  installOf,
  liveObjectsOf,
  multusPod,
  observed,
  resolved,
  type Situation,
  textOf,
} from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";
import type { Plan } from "./plan.ts";

/** Plans that unit tests ask for, and how they read them. */

export const THICK = { mode: "Thick", version: "v4.3.0" };
export const CANARY = { ...THICK, rollout: { canary: { nodes: 1, probe: "net" } } };
export const DAEMON_SET = "DaemonSet kube-system/kube-multus-ds";
/** Everything that changes the cluster. */
export const WRITES: readonly Action["kind"][] = [
  ...(["AddFinalizer", "TakeOver", "ReportAdoption", "Record", "Apply", "Delete", "Prune"] as const),
  ...(["DeletePod", "ForceDeletePod", "CreateProbe", "RemoveTaint", "WriteStatus"] as const),
  ...(["CreateAccount", "CleanNodes", "CleanLeftovers", "ReportNodesNotCleaned"] as const),
  ...(["RemoveFinalizer", "ReleaseShims"] as const),
];

export const plan = (spec: object, situation: Situation = {}) => {
  const wanted = resolved(installOf(spec));
  return decide(wanted, observed(wanted, situation));
};
export const kindsOf = (actions: readonly Action[]) => actions.map(({ kind }) => kind);
export const texts = ({ actions }: { actions: readonly Action[] }) => actions.map(textOf);
export const all = (found: Plan) => [...found.actions, ...found.unchanged.actions, ...found.changed.actions];
export const phaseOf = ({ state }: Plan["unchanged"]) =>
  state?.kind === "Running" ? state.phase : undefined;
export const indexOf = (found: Plan, text: string) => {
  const index = texts(found).indexOf(text);
  expect(index, `${text} in ${texts(found).join("\n")}`).toBeGreaterThanOrEqual(0);
  return index;
};

/** An upgrade of the daemon: its pods delete their configuration when they end. */
export const before = resolved(installOf({ ...THICK, version: "v4.2.4" }));
export const upgrading: Situation = { running: before, changing: ["kube-multus-ds"] };
export const guard = (created: string) =>
  rolloutGuard(before.install, templateOf(daemonSetOf(before))).map((object) => {
    const live = asLive(object);
    return { ...live, metadata: { ...live.metadata, generation: 1, creationTimestamp: created } };
  });
export const guardPods = ["node-1", "node-2"].map((node) => multusPod(node, GUARD));
export const multusPods = ["node-1", "node-2"].map((node) => multusPod(node, "kube-multus-ds"));

export function daemonSetOf(spec: typeof before) {
  const found = liveObjectsOf(spec).find(({ kind }) => kind === "DaemonSet");
  if (!found) throw new Error("no DaemonSet was rendered");
  return found;
}

/** A DaemonSet that was created with kubectl. */
export const manual = {
  ...daemonSetOf(resolved(installOf(THICK))),
  metadata: {
    ...{ name: "kube-multus-ds", namespace: "kube-system", resourceVersion: "7" },
    managedFields: [
      { manager: "kubectl-create", operation: "Update", apiVersion: "apps/v1", fieldsV1: { "f:spec": {} } },
    ],
  },
};
