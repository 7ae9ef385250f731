import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { ARCHITECTURES } from "../../../crds/multus-install/spec.ts";
import { podDifferences } from "../../../import/running-pods.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { ApiError } from "../../../kube/errors.ts";
import { managedFieldsOf, ownsByApply, transferred } from "../../../kube/managed-fields.ts";
import {
  type ApiObject,
  CONFIG_MAPS,
  DAEMON_SETS,
  describe,
  type ObjectRef,
  refOf,
} from "../../../kube/resource.ts";
import { DAEMON_CONFIG, THIN_CONFIG } from "../../../render/configuration.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { LAST_COMPLETE } from "../../../render/last-complete.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { allInOrder } from "../../shared/all-in-order.ts";
import { FIELD_MANAGER, isOwn } from "../../shared/applier.ts";
import type { Action } from "../actions/actions.ts";
import { AdoptionRejected } from "../errors.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";
import type { InventoryEntry } from "../status/status.ts";
import { type Conflict, conflictOf, conflictsText } from "./conflict-text.ts";

/** Who wrote an object that was installed by hand. Fields that controllers and other programs set stay theirs. */
const byHand = (manager: string) => /^(kubectl|helm)/i.test(manager);

/** What has to happen so that a Multus which is there already becomes the install's. */
export interface Adoption {
  /**
   * A DaemonSet whose pods are as the install wants them, but put in other words: it is applied without its
   * template, which stays as it was found. Its own template comes with the first change that pods need.
   */
  kept: Set<KubeObject>;
  /** Objects whose fields become the operator's, the DaemonSets first. */
  taken: ApiObject[];
  /** Objects of another shape of Multus, which go when this one is there. */
  obsolete: KubeObject[];
  /**
   * The operator's own objects as the API server has them, which the watch does not show as its own yet: by the copies, an
   * adopted Multus would count as foreign, and be replaced without a guard.
   */
  newer: ApiObject[];
  /** Sentences for the status. */
  notes: string[];
}

/**
 * Compares what exists with what the install renders, and writes nothing. Throws one AdoptionRejected for all objects
 * that may not become the operator's: without `adopt` those that it did not create, however little they differ, and
 * a DaemonSet with a value that cannot be changed.
 */
export async function planAdoption(
  scope: ReconcileScope,
  install: MultusInstall,
  objects: readonly KubeObject[],
  inventory: readonly InventoryEntry[],
): Promise<Adoption> {
  const adoption: Adoption = { kept: new Set(), taken: [], obsolete: [], newer: [], notes: [] };
  const { adopt } = install.spec;
  const conflicts: Conflict[] = [];
  const immutable: string[] = [];
  const compared = objects.filter(({ metadata }) => metadata.name !== NETWORK_DEFINITION);
  const found = await allInOrder(
    compared.map(async (object) => {
      const copy = scope.deps.owned.get(refOf(object));
      // One that is not the operator's may have been taken over since, and the watch has not shown it yet.
      return copy && isOwn(copy) ? copy : await getLive(scope, refOf(object));
    }),
  );
  for (const [index, object] of compared.entries()) {
    const live = found[index];
    if (!live) continue;
    if (isOwn(live) && live !== scope.deps.owned.get(refOf(object))) adoption.newer.push(live);
    if (!isOwn(live) && !adopt) conflicts.push(await conflictWith(scope, object, live));
    else if (object.kind === "DaemonSet") {
      const rejected = await planDaemonSet(scope, install, object, live, adoption);
      if (rejected) immutable.push(rejected);
    } else if (!isOwn(live)) adoption.taken.push(live);
  }
  const [obsolete, reserved] = await Promise.all([
    planObsolete(scope, install, objects, inventory, adoption),
    reservedNames(scope, install),
  ]);
  conflicts.push(...obsolete);
  if (conflicts.length > 0)
    throw new AdoptionRejected("OwnershipConflict", [conflictsText(conflicts), ...immutable].join(". "));
  if (immutable.length > 0) throw new AdoptionRejected("ImmutableField", immutable.join(". "));
  if (reserved.length > 0) throw new AdoptionRejected("OwnershipConflict", reserved.join(". "));
  return adoption;
}

/** Which fields the operator's apply would meet that others own: asked by a dry run without force. */
async function conflictWith(scope: ReconcileScope, object: KubeObject, live: ApiObject): Promise<Conflict> {
  try {
    await scope.deps.client.apply(refOf(object), object, {
      fieldManager: FIELD_MANAGER,
      dryRun: true,
      signal: scope.context.signal,
    });
    return conflictOf(live);
  } catch (error) {
    if (error instanceof ApiError) return conflictOf(live, error);
    throw error;
  }
}

/** Objects of the operator's own, which it makes in the course of a rollout; of others' under these names there is no use. */
async function reservedNames(
  scope: ReconcileScope,
  { spec: { namespace } }: MultusInstall,
): Promise<string[]> {
  if (scope.live.metadata.finalizers?.includes(FINALIZER)) return [];
  const refs: ObjectRef[] = [
    { type: CONFIG_MAPS, namespace, name: LAST_COMPLETE },
    { type: CONFIG_MAPS, namespace, name: GUARD },
    { type: DAEMON_SETS, namespace, name: GUARD },
  ];
  const found = await Promise.all(refs.map((ref) => getLive(scope, ref)));
  return found.flatMap((live) => {
    if (!live || isOwn(live)) return [];
    const { object, owners } = conflictOf(live);
    return [`${object} already exists; ${owners}. The operator uses this name for itself: delete it`];
  });
}

/** What takes these objects over: from then on the operator's applies remove what the spec does not want. */
export function takeovers(taken: readonly ApiObject[]): Action[] {
  return taken.flatMap((live): Action[] => {
    const managedFields = transferred(managedFieldsOf(live), byHand, FIELD_MANAGER);
    if (!managedFields) return [];
    const { resourceVersion } = live.metadata;
    return [{ kind: "TakeOver", ref: refOf(live), resourceVersion, managedFields }];
  });
}

/** A DaemonSet as it is applied while its pods stay as they were found. */
export function withoutTemplate(daemonSet: KubeObject): KubeObject {
  const { template: _, ...spec } = daemonSet.spec as { template: unknown };
  return { ...daemonSet, spec };
}

/** Returns why the DaemonSet cannot become the operator's, or undefined. */
async function planDaemonSet(
  scope: ReconcileScope,
  install: MultusInstall,
  object: KubeObject,
  live: ApiObject,
  adoption: Adoption,
): Promise<string | undefined> {
  const found = await foundPods(scope.deps.client, install, live);
  if (!found) return undefined;
  const rejected = rejectedSelector(object, live);
  if (rejected) return rejected;
  const name = describe(refOf(object));
  const { differences } = found;
  if (differences.length > 0) {
    adoption.taken.unshift(live);
    const shown = differences.slice(0, 5).join("; ");
    adoption.notes.push(`${name} was adopted, and its pods are restarted: ${shown}`);
    return undefined;
  }
  adoption.kept.add(object);
  adoption.notes.push(
    `${name} was adopted, and its pods were not restarted: they already run Multus as the spec requires. Keep the ConfigMaps that they mount until the pods are replaced`,
  );
  return undefined;
}

/**
 * A DaemonSet whose template the operator never applied, and in what its pods differ from those that the
 * install wants; undefined where the template is the operator's own. Writes nothing.
 */
export async function foundPods(
  client: KubeClient,
  install: MultusInstall,
  live: ApiObject,
): Promise<{ differences: string[] } | undefined> {
  if (ownsByApply(live, FIELD_MANAGER, ["f:spec", "f:template"])) return undefined;
  const { namespace } = install.spec;
  const refs = [THIN_CONFIG, DAEMON_CONFIG].map(({ name }) => ({ type: CONFIG_MAPS, namespace, name }));
  const configMaps = await Promise.all(refs.map((ref) => client.get<ApiObject>(ref)));
  return {
    differences: podDifferences(
      install,
      live,
      configMaps.filter((configMap) => configMap !== undefined),
    ),
  };
}

/** A selector is immutable. The pods of a deleted DaemonSet take nothing with them that others need. */
function rejectedSelector(object: KubeObject, live: ApiObject): string | undefined {
  const selectorOf = (of: KubeObject | ApiObject) =>
    JSON.stringify((of.spec as { selector?: { matchLabels?: unknown } } | undefined)?.selector?.matchLabels);
  if (selectorOf(object) === selectorOf(live)) return undefined;
  const { name, namespace } = object.metadata;
  return `${describe(refOf(object))}: its selector is ${selectorOf(live)} and cannot be changed to ${selectorOf(object)}. Run \`kubectl delete daemonset ${name} -n ${namespace}\`: the operator recreates it, and the files on the nodes stay`;
}

/**
 * DaemonSets and ConfigMaps of other releases' and modes' names: two Multus on one node undo each other's work.
 * Returns those that may not be replaced.
 */
async function planObsolete(
  scope: ReconcileScope,
  install: MultusInstall,
  objects: readonly KubeObject[],
  inventory: readonly InventoryEntry[],
  adoption: Adoption,
): Promise<Conflict[]> {
  const known = new Set(inventory.map(entryKey));
  const isNew = objects.some(
    (object) => object.kind === "DaemonSet" && !known.has(entryKey(entryOf(object))),
  );
  if (!isNew) return [];
  const { adopt, namespace } = install.spec;
  const rendered = new Set(objects.map((object) => describe(refOf(object))));
  const names = ["kube-multus-ds", ...ARCHITECTURES.map((architecture) => `kube-multus-ds-${architecture}`)];
  const refs: ObjectRef[] = [
    ...names.map((name) => ({ type: DAEMON_SETS, namespace, name })),
    // Pods that are kept may mount theirs.
    ...(adopt && adoption.kept.size === 0
      ? [THIN_CONFIG, DAEMON_CONFIG].map(({ name }) => ({ type: CONFIG_MAPS, namespace, name }))
      : []),
  ];
  const others = refs.filter((ref) => !rendered.has(describe(ref)));
  const found = await Promise.all(others.map((ref) => getLive(scope, ref)));
  const conflicts: Conflict[] = [];
  const conflicting: ObjectRef[] = [];
  for (const live of found) {
    if (!live || live.metadata.deletionTimestamp) continue;
    if (!isOwn(live) && !adopt) {
      const { object, owners } = conflictOf(live);
      conflicting.push(refOf(live));
      conflicts.push({
        object,
        owners: `${owners}. It is another Multus: two on one node overwrite each other's files`,
      });
      continue;
    }
    if (!isOwn(live)) adoption.taken.push(live);
    adoption.obsolete.push(live);
  }
  // Their end is what the install waits for.
  await scope.deps.owned.watch(conflicting, scope.context.signal);
  return conflicts;
}

async function getLive(scope: ReconcileScope, ref: ObjectRef): Promise<ApiObject | undefined> {
  return await scope.deps.client.get<ApiObject>(ref, { signal: scope.context.signal });
}
