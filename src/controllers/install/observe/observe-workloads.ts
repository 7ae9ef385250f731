import type { KubeObject } from "../../../crds/kube-object.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import { guardRef, workloadState } from "../rollout/live-workloads.ts";
import { needsGuard, nextRolloutStep, type RolloutState } from "../rollout/rollout-step.ts";
import type { ReconcileScope } from "../scope.ts";
import { secondsObserved } from "../seconds-observed.ts";
import { changedTemplates } from "./dry-runs.ts";

/** What the next step of the rollout depends on. */
export async function observeWorkloads(
  scope: ReconcileScope,
  namespace: string,
  {
    owned,
    inventory,
    daemonSets,
    pods,
    ages,
  }: {
    owned: LiveObjects;
    /** With what an adoption found. */
    inventory: readonly InventoryEntry[];
    /** Those of the spec. */
    daemonSets: readonly KubeObject[];
    /** All pods with Multus' label. */
    pods: readonly MultusPodHealth[];
    ages: PodAges;
  },
): Promise<RolloutState> {
  const state = workloadState({
    ...{ live: owned, inventory, daemonSets, pods, ages },
    changesTemplate: await changedTemplates(scope, owned, daemonSets),
    guardAge: ({ metadata }) => secondsObserved(scope.deps, `guard in ${namespace}`, metadata.uid ?? ""),
  });
  return await withConfirmedGuard(scope, namespace, state);
}

/**
 * The watch's copy of the guard may be from before its deletion, by the end of the last rollout or by a user. Before
 * pods of Multus end, the API server itself is asked.
 */
async function withConfirmedGuard(
  { deps }: ReconcileScope,
  namespace: string,
  state: RolloutState,
): Promise<RolloutState> {
  if (!state.guard || !needsGuard(state) || nextRolloutStep(state).kind === "Guard") return state;
  const ref = guardRef(namespace);
  const found = await deps.client.get<ApiObject>(ref);
  const isThere = found !== undefined && found.metadata.deletionTimestamp === undefined;
  if (isThere && found.metadata.uid === deps.owned.get(ref)?.metadata.uid) return state;
  return { ...state, guard: { ...state.guard, isGone: true } };
}
