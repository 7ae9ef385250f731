import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { ARCHITECTURES } from "../../../crds/multus-install/spec.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
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
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { LAST_COMPLETE } from "../../../render/last-complete.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { FIELD_MANAGER, isOwn } from "../../shared/ownership.ts";
import type { Action } from "../actions/actions.ts";
import { AdoptionRejected } from "../errors.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";
import { type Conflict, conflictOf, conflictsText } from "./conflict-text.ts";
import { type Existing, existingObjects, readAll } from "./existing-objects.ts";

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
  /** The objects that were rehearsed in the search for what exists. */
  rehearsed: Existing["rehearsed"];
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
  const { adopt } = install.spec;
  const conflicts: Conflict[] = [];
  const immutable: string[] = [];
  const known = new Set(inventory.map(entryKey));
  const isNew = objects.some((object) => isMultusDaemonSet(object) && !known.has(entryKey(entryOf(object))));
  const [existing, others] = await Promise.all([
    existingObjects(scope, install, objects),
    isNew ? readAll(scope, otherDaemonSets(install, objects)) : [],
  ]);
  const { rehearsed } = existing;
  const adoption: Adoption = { kept: new Set(), taken: [], obsolete: [], newer: [], rehearsed, notes: [] };
  for (const [object, live] of existing.found) {
    if (isOwn(live) && live !== scope.deps.owned.get(refOf(object))) adoption.newer.push(live);
    if (!isOwn(live) && !adopt) conflicts.push(await conflictWith(scope, object, live));
    else if (isMultusDaemonSet(object)) {
      const rejected = await planDaemonSet(scope, install, { object, live }, adoption);
      if (rejected) immutable.push(rejected);
    } else if (!isOwn(live)) {
      const rejected = object.kind === "DaemonSet" ? rejectedSelector(object, live) : undefined;
      if (rejected) immutable.push(rejected);
      else adoption.taken.push(live);
    }
  }
  // Pods that are kept may mount theirs.
  const mounted = isNew && adopt && adoption.kept.size === 0 ? otherConfigMaps(install, objects) : [];
  const obsolete = [...others, ...(await readAll(scope, mounted))];
  conflicts.push(...(await planObsolete(scope, install, obsolete, adoption)));
  const reserved = await reservedNames(scope, install);
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

/**
 * Objects of the operator's own, which it makes in the course of a rollout; of others' under these names there is no use.
 * By the watch: what it does not show yet is found when the operator creates its own, and is not overwritten either.
 */
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
  const isUnclear = (ref: ObjectRef) => {
    const copy = scope.deps.owned.get(ref);
    return copy !== undefined && !isOwn(copy);
  };
  const found = await readAll(scope, refs.filter(isUnclear));
  return found.flatMap((live) => {
    if (isOwn(live)) return [];
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

/** Returns why the DaemonSet cannot become the operator's, or undefined. */
async function planDaemonSet(
  scope: ReconcileScope,
  install: MultusInstall,
  { object, live }: { object: KubeObject; live: ApiObject },
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

/** The other names that DaemonSets of Multus have had, of other releases and modes. */
function otherDaemonSets(
  { spec: { namespace } }: MultusInstall,
  objects: readonly KubeObject[],
): ObjectRef[] {
  const names = ["kube-multus-ds", ...ARCHITECTURES.map((architecture) => `kube-multus-ds-${architecture}`)];
  return notRendered(
    objects,
    names.map((name) => ({ type: DAEMON_SETS, namespace, name })),
  );
}

/** The same of the ConfigMaps that they mount. */
function otherConfigMaps(
  { spec: { namespace } }: MultusInstall,
  objects: readonly KubeObject[],
): ObjectRef[] {
  return notRendered(
    objects,
    [THIN_CONFIG, DAEMON_CONFIG].map(({ name }) => ({ type: CONFIG_MAPS, namespace, name })),
  );
}

function notRendered(objects: readonly KubeObject[], refs: readonly ObjectRef[]): ObjectRef[] {
  const rendered = new Set(objects.map((object) => describe(refOf(object))));
  return refs.filter((ref) => !rendered.has(describe(ref)));
}

/**
 * DaemonSets and ConfigMaps of other releases' and modes' names: two Multus on one node undo each other's work.
 * Returns those that may not be replaced.
 */
async function planObsolete(
  scope: ReconcileScope,
  { spec: { adopt } }: MultusInstall,
  others: readonly ApiObject[],
  adoption: Adoption,
): Promise<Conflict[]> {
  const conflicts: Conflict[] = [];
  const conflicting: ObjectRef[] = [];
  for (const live of others) {
    if (live.metadata.deletionTimestamp) continue;
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
