import type { Action } from "./actions.ts";

/** Kinds of which an object is applied only after objects of these kinds. */
const AFTER: Record<string, readonly string[] | "all"> = {
  // The API server looks up the role, to see whether the operator may grant it.
  ClusterRoleBinding: ["ClusterRole"],
  RoleBinding: ["Role"],
  // Its pods mount the ConfigMaps, run under the account and find networks by the definition.
  DaemonSet: "all",
};

/**
 * The actions of a plan in groups whose actions need not wait for each other: applies that follow each other directly, of
 * objects that do not need each other. The groups keep the order of the plan.
 */
export function inBatches(actions: readonly Action[]): Action[][] {
  const batches: Action[][] = [];
  for (const action of actions) {
    const last = batches.at(-1);
    if (last?.every((before) => areIndependent(before, action))) last.push(action);
    else batches.push([action]);
  }
  return batches;
}

function areIndependent(before: Action, action: Action): boolean {
  if (before.kind !== "Apply" || action.kind !== "Apply") return false;
  const needed = AFTER[action.object.kind] ?? [];
  return needed !== "all" && before.object.kind !== "DaemonSet" && !needed.includes(before.object.kind);
}
