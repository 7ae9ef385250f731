import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { winner } from "../../../crds/multus-install/active-install.ts";
import {
  MULTUS_INSTALL,
  type MultusInstall,
  parseMultusInstall,
} from "../../../crds/multus-install/multus-install.ts";
import { fieldChanges } from "../../../diff/field-changes.ts";
import type { ObjectChange, Preview } from "../../../diff/report.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { intentOf } from "../../../kube/compare.ts";
import { ApiError, isApplyConflict } from "../../../kube/errors.ts";
import { type ApiObject, describe, refOf } from "../../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { objectsOf, renderInstall } from "../../../render/render.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { FIELD_MANAGER, isOwn, templateOf } from "../../shared/applier.ts";
import { withForeseenDistribution } from "../distribution.ts";
import { entryKey, entryOf, recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import { marked } from "../rollout/live-workloads.ts";
import { foundPods, withoutTemplate } from "./adoption.ts";

/**
 * What the operator would write to the cluster for an install that is not applied yet, found by the dry runs
 * that its own reconcile compares by. Writes nothing. Throws a RenderError for an install that is refused.
 */
export async function preview(client: KubeClient, install: MultusInstall): Promise<Preview> {
  const live = await installs(client);
  const same = live.find(({ metadata }) => metadata.name === install.metadata.name);
  const objects = objectsOf(renderInstall(await withForeseenDistribution(client, install, same)));
  const older = winner(live.map(contender));
  if (older && older.name !== install.metadata.name)
    return {
      changes: [],
      notes: [`MultusInstall ${older.name} is older and counts: this one would touch nothing.`],
    };
  const changes = [installChange(same, install)];
  for (const object of objects) changes.push(await objectChange(client, install, object));
  changes.push(...(await obsoleteChanges(client, same, objects)));
  const notes = install.spec.paused ? ["spec.paused is true: nothing is written until it is false."] : [];
  return { changes: changes.filter((change) => change !== undefined), notes };
}

/** The MultusInstalls of the cluster; none where it has not even their definition. */
async function installs(client: KubeClient): Promise<ApiObject[]> {
  try {
    return (await client.list<ApiObject>(MULTUS_INSTALL)).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

function contender({ metadata: { name, uid = "", creationTimestamp = "" } }: ApiObject) {
  return { name, uid, creationTimestamp };
}

function installChange(live: ApiObject | undefined, install: MultusInstall): ObjectChange | undefined {
  const object = `${MULTUS_INSTALL.kind} ${install.metadata.name}`;
  if (!live) return { object, action: "create", fields: [], notes: [] };
  const { apiVersion, kind, metadata, spec } = {
    ...live,
    apiVersion: install.apiVersion,
    kind: install.kind,
  } as ApiObject;
  const parsed = parseMultusInstall({ apiVersion, kind, metadata, spec });
  const before = parsed.ok ? parsed.value.spec : (spec as object);
  const fields = fieldChanges({ spec: before }, { spec: install.spec });
  return fields.length > 0 ? { object, action: "change", fields, notes: [] } : undefined;
}

async function objectChange(
  client: KubeClient,
  install: MultusInstall,
  rendered: KubeObject,
): Promise<ObjectChange | undefined> {
  const ref = refOf(rendered);
  const name = describe(ref);
  const live = await client.get<ApiObject>(ref);
  if (!live) return { object: name, action: "create", fields: [], notes: [] };
  const own = isOwn(live, rendered);
  if (rendered.metadata.name === NETWORK_DEFINITION && !own) return undefined;
  const { adopt } = install.spec;
  const isDaemonSet = rendered.kind === "DaemonSet";
  const found = isDaemonSet && (own || adopt) ? await foundPods(client, install, live) : undefined;
  const wanted = isDaemonSet ? marked(rendered) : rendered;
  const applied = found?.differences.length === 0 ? withoutTemplate(wanted) : wanted;
  const answer = await dryRun(client, applied, own || adopt);
  if (Array.isArray(answer))
    return {
      object: name,
      action: "conflict",
      fields: [],
      notes: [`others own ${answer.slice(0, 5).join(", ")}: set spec.adopt: true to take it over`],
    };
  const fields = fieldChanges(intentOf(live), intentOf(answer));
  const restarts = isDaemonSet && !isDeepStrictEqual(templateOf(live), templateOf(answer));
  const notes = [
    ...(own || !adopt ? [] : ["taken over from those who installed it by hand"]),
    ...(found && found.differences.length > 0 ? found.differences.slice(0, 10) : []),
  ];
  if (fields.length === 0 && notes.length === 0) return undefined;
  return {
    object: name,
    action: "change",
    fields,
    ...(restarts ? { restarts: nodesOf(live) } : {}),
    notes,
  };
}

/** The answer, or the fields that others own. */
async function dryRun(client: KubeClient, object: KubeObject, force: boolean): Promise<ApiObject | string[]> {
  try {
    return await client.apply<ApiObject>(refOf(object), object, {
      fieldManager: FIELD_MANAGER,
      force,
      dryRun: true,
    });
  } catch (error) {
    if (error instanceof ApiError && isApplyConflict(error)) return error.causes.map(({ field }) => field);
    throw error;
  }
}

/** What the operator applied for an earlier spec and the new one has not. */
async function obsoleteChanges(
  client: KubeClient,
  live: ApiObject | undefined,
  objects: readonly KubeObject[],
): Promise<ObjectChange[]> {
  const wanted = new Set(objects.map((object) => entryKey(entryOf(object))));
  const changes: ObjectChange[] = [];
  for (const entry of live ? recordedInventory(live) : []) {
    if (wanted.has(entryKey(entry)) || entry.name === NETWORK_DEFINITION || entry.name === GUARD) continue;
    const found = await client.get<ApiObject>(refOfEntry(entry));
    if (!found || !isOwn(found)) continue;
    const restarts = entry.kind === "DaemonSet" ? { restarts: nodesOf(found) } : {};
    changes.push({
      object: describe(refOfEntry(entry)),
      action: "delete",
      fields: [],
      ...restarts,
      notes: [],
    });
  }
  return changes;
}

function nodesOf({ status }: ApiObject): number {
  const count = (status as { desiredNumberScheduled?: unknown } | undefined)?.desiredNumberScheduled;
  return typeof count === "number" ? count : 0;
}
