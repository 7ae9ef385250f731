import type { KubeObject } from "../../crds/kube-object.ts";
import type { InventoryEntry } from "../../crds/multus-install/status.ts";
import { ApiError } from "../../kube/errors.ts";
import { describe, PODS, refOf } from "../../kube/resource.ts";
import { isMultusDaemonSet } from "../../render/daemon-sets.ts";
import { GUARD } from "../../render/rollout-guard.ts";
import { allInOrder } from "../shared/all-in-order.ts";
import type { Action } from "./actions/actions.ts";
import { inBatches } from "./actions/batches.ts";
import { forceDeletePod, removePod } from "./actions/delete-pod.ts";
import { addFinalizer, removeFinalizer } from "./actions/finalizer.ts";
import { removeTaint } from "./actions/remove-taint.ts";
import { serveCertificates } from "./actions/serve-certificates.ts";
import { rehearse } from "./adoption/rehearsal.ts";
import type { Plan, Step } from "./decide/plan.ts";
import { createAccount } from "./deletion/missing-account.ts";
import { reportNodesNotCleaned } from "./deletion/node-cleanup.ts";
import { deleteOwned } from "./inventory/delete-owned.ts";
import { InventoryNotWritten } from "./inventory/errors.ts";
import { entryKey } from "./inventory/inventory.ts";
import { reportRepair } from "./rollout/repair.ts";
import type { ReconcileScope } from "./scope.ts";
import { putInventory, writeStatus } from "./status/writer.ts";

/** What became of a plan. */
export interface Done {
  /** As recorded by now. */
  inventory: readonly InventoryEntry[];
  /** The step that was reached; undefined if an action before it failed. */
  step?: Step;
  /** What ended the execution early. */
  failure?: unknown;
}

/**
 * Carries out a plan, one batch of actions after the other, up to the first with one that fails. The only place from which a reconcile
 * writes, apart from its status. Does not throw: what was recorded before a failure must not be lost.
 */
export async function carryOut(
  scope: ReconcileScope,
  plan: Plan,
  inventory: readonly InventoryEntry[],
): Promise<Done> {
  const done: Done = { inventory };
  try {
    done.step = (await performAll(scope, plan.actions, done)) ? plan.changed : plan.unchanged;
    await performAll(scope, done.step.actions, done);
  } catch (failure) {
    done.failure = failure;
  }
  return done;
}

/** Returns true if a DaemonSet of Multus was changed. Of a batch in which several fail, it throws what the first throws. */
async function performAll(scope: ReconcileScope, actions: readonly Action[], done: Done): Promise<boolean> {
  let isChanged = false;
  for (const batch of inBatches(actions)) {
    const changes = await allInOrder(batch.map((action) => perform(scope, action, done)));
    isChanged ||= changes.includes(true);
  }
  return isChanged;
}

/** Performs one action. Returns true if it changed a DaemonSet of Multus. */
async function perform(scope: ReconcileScope, action: Action, done: Done): Promise<boolean> {
  if (action.kind === "Apply") return await apply(scope, action);
  await (PERFORMERS[action.kind] as Performer<Action>)(scope, action, done);
  return false;
}

type Performer<A> = (scope: ReconcileScope, action: A, done: Done) => unknown;

/** What each kind of action does, apart from Apply. */
const PERFORMERS: { [Kind in Exclude<Action["kind"], "Apply">]: Performer<Action & { kind: Kind }> } = {
  ServeCertificates: serveCertificates,
  Reject: (_, { error }) => Promise.reject(error),
  Rehearse: (scope, { objects }) => rehearse(scope, objects),
  AddFinalizer: addFinalizer,
  TakeOver: takeOver,
  ReportAdoption: ({ deps, live }, { note }) =>
    deps.events.send(live, { type: "Normal", reason: "Adopted", action: "Adopt", note }),
  Record: (scope, { entries }, done) => recordInventory(scope, entries, done),
  Delete: (scope, { entry }) => deleteOwned(scope, entry),
  Prune: prune,
  DeletePod: (scope, { pod }) => removePod(scope, pod),
  ForceDeletePod: (scope, { pod }) => forceDeletePod(scope, pod),
  CreateProbe: (scope, { pod }) => createProbe(scope, pod),
  RemoveTaint: removeTaint,
  Inspect: ({ deps }, { plan }) => deps.nodeTasks.plan(plan),
  PauseInspections: ({ deps }) => deps.nodeTasks.pause(),
  ReleaseShims: ({ deps }, { owner, daemons, daemonFollows }) =>
    deps.nodeTasks.releaseShims(owner, daemons, daemonFollows),
  ForgetDaemons: ({ deps }) => deps.nodeTasks.forgetDaemons(),
  CleanLeftovers: ({ deps }, { request }) => deps.nodeTasks.cleanLeftovers(request),
  AbandonLeftovers: ({ deps }) => deps.nodeTasks.abandonLeftovers(),
  InstallPlugins: ({ deps }, { request }) => deps.nodeTasks.installPlugins(request),
  CreateAccount: (scope, { account }) => createAccount(scope, account),
  CleanNodes: ({ deps }, { request }) => deps.nodeTasks.clean(request),
  AbandonCleaning: ({ deps }) => deps.nodeTasks.abandonCleaning(),
  WriteStatus: (scope, { status }) => writeStatus(scope, status),
  ReportNodesNotCleaned: (scope, { nodes }) => reportNodesNotCleaned(scope, nodes),
  RemoveFinalizer: release,
};

async function takeOver({ deps, context }: ReconcileScope, action: Action & { kind: "TakeOver" }) {
  await deps.client.patch(action.ref, [
    { op: "test", path: "/metadata/resourceVersion", value: action.resourceVersion },
    { op: "replace", path: "/metadata/managedFields", value: action.managedFields },
  ]);
  context.log.info({ adopted: describe(action.ref) }, "adopted");
}

async function release(scope: ReconcileScope): Promise<void> {
  const { deps, live } = scope;
  await removeFinalizer(scope);
  // Of each MultusInstall that there ever was they would add up.
  for (const what of ["deletion", "problems", "progress", "dhcp"])
    deps.seen.since.forget(`${what} of ${live.metadata.uid}`);
}

async function apply(scope: ReconcileScope, { object, adopt }: Action & { kind: "Apply" }): Promise<boolean> {
  const { deps, context } = scope;
  const written = await deps.applier.apply(object, context.signal, adopt);
  if (!written) return false;
  const ref = refOf(object);
  context.log.info({ applied: describe(ref) }, "applied");
  if (written.isRepair) await reportRepair(scope, written);
  return isMultusDaemonSet(object) && ref.name !== GUARD;
}

/** Written before the objects are: an operator that dies in between still knows what it may have created. */
async function recordInventory(
  scope: ReconcileScope,
  entries: readonly InventoryEntry[],
  done: Done,
): Promise<void> {
  const known = new Set(done.inventory.map(entryKey));
  const fresh = entries.filter((entry) => !known.has(entryKey(entry)));
  if (fresh.length === 0) return;
  done.inventory = [...done.inventory, ...fresh];
  if (!(await putInventory(scope, done.inventory))) throw new InventoryNotWritten();
}

async function prune(
  scope: ReconcileScope,
  { obsolete, wanted }: Action & { kind: "Prune" },
  done: Done,
): Promise<void> {
  const ending: InventoryEntry[] = [];
  for (const entry of obsolete) if ((await deleteOwned(scope, entry)) === "Ending") ending.push(entry);
  done.inventory = [...wanted, ...ending];
}

async function createProbe({ deps, context }: ReconcileScope, pod: KubeObject): Promise<void> {
  try {
    await deps.client.create(PODS, pod, { signal: context.signal });
  } catch (error) {
    // There is one already, which the watch has not shown yet.
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
}
