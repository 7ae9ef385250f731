import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { activeInstall } from "../../../crds/multus-install/active-install.ts";
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
import { ownsByApply } from "../../../kube/managed-fields.ts";
import { type ApiObject, describe, refOf } from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { isDefinition } from "../../../render/definitions.ts";
import { LAST_COMPLETE } from "../../../render/last-complete.ts";
import { renderInstall } from "../../../render/render.ts";
import { GUARD } from "../../../render/rollout-guard.ts";
import { templateOf } from "../../shared/applier.ts";
import { foreignFields, foreignFieldText } from "../../shared/foreign-fields.ts";
import { FIELD_MANAGER, isOwn } from "../../shared/ownership.ts";
import { entryKey, entryOf, recordedInventory, refOfEntry } from "../inventory/inventory.ts";
import { withoutTemplate } from "../rollout/as-applied.ts";
import { marked } from "../rollout/live-workloads.ts";
import { withForeseenDistribution } from "../spec/distribution.ts";
import { conflictOf } from "./conflict-text.ts";
import { foundPods } from "./plan-adoption.ts";

/**
 * What the operator would write to the cluster for an install that is not applied yet, found by the dry runs
 * that its own reconcile compares by. Writes nothing. Throws a RenderError for an install that is rejected.
 */
export async function preview(client: KubeClient, install: MultusInstall): Promise<Preview> {
  const live = await installs(client);
  const same = live.find(({ metadata }) => metadata.name === install.metadata.name);
  const objects = renderInstall(await withForeseenDistribution(client, install, same)).objects;
  const older = activeInstall(live);
  if (older && older.metadata.name !== install.metadata.name)
    return {
      changes: [],
      notes: [
        `MultusInstall ${older.metadata.name} is older and takes precedence: this one would change nothing.`,
      ],
    };
  const changes = [installChange(same, install)];
  for (const object of objects) changes.push(await objectChange(client, install, object));
  changes.push(...(await obsoleteChanges(client, same, objects)));
  const notes = install.spec.paused ? ["spec.paused is true: nothing is written until it is false."] : [];
  const foreign = await foreignTexts(client, objects);
  return {
    changes: changes.filter((change) => change !== undefined),
    notes,
    ...(foreign.length > 0 ? { foreign } : {}),
  };
}

/** What others added to the operator's objects, which an apply leaves as it is. */
async function foreignTexts(client: KubeClient, objects: readonly KubeObject[]): Promise<string[]> {
  const lives = await Promise.all(objects.map((object) => client.get<ApiObject>(refOf(object))));
  return lives.flatMap((live) => {
    if (!live) return [];
    // The template of a DaemonSet that was adopted with its pods is its manifest's.
    const isKept = isMultusDaemonSet(live) && !ownsByApply(live, FIELD_MANAGER, ["f:spec", "f:template"]);
    return foreignFields(live)
      .filter(({ field }) => !(isKept && field.startsWith("spec.template")))
      .map((field) => `${field.object} ${foreignFieldText(field)}; it stays`);
  });
}

/** The MultusInstalls of the cluster; none if it does not have their definition. */
async function installs(client: KubeClient): Promise<ApiObject[]> {
  try {
    return (await client.list<ApiObject>(MULTUS_INSTALL)).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
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
  const own = isOwn(live);
  if (isDefinition(rendered.metadata.name) && !own) return undefined;
  const { adopt } = install.spec;
  const isDaemonSet = rendered.kind === "DaemonSet";
  const isMultus = isMultusDaemonSet(rendered);
  const found = isMultus && (own || adopt) ? await foundPods(client, install, live) : undefined;
  const wanted = isMultus ? marked(rendered) : rendered;
  const applied = found?.differences.length === 0 ? withoutTemplate(wanted) : wanted;
  if (!own && !adopt)
    return { object: name, action: "conflict", fields: [], notes: [await whoOwns(client, applied, live)] };
  const answer = await client.apply<ApiObject>(ref, applied, {
    fieldManager: FIELD_MANAGER,
    force: true,
    dryRun: true,
  });
  const fields = fieldChanges(intentOf(live), intentOf(answer));
  const restarts = isDaemonSet && !isDeepStrictEqual(templateOf(live), templateOf(answer));
  const notes = [
    ...(own || !adopt ? [] : ["adopted from other field managers"]),
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

/** Which managers own what of an object that the operator did not create; without adopt it stays theirs. */
async function whoOwns(client: KubeClient, object: KubeObject, live: ApiObject): Promise<string> {
  const owners = async () => {
    try {
      await client.apply(refOf(object), object, { fieldManager: FIELD_MANAGER, dryRun: true });
      return conflictOf(live).owners;
    } catch (error) {
      if (error instanceof ApiError && isApplyConflict(error)) return conflictOf(live, error).owners;
      throw error;
    }
  };
  return `${await owners()}: set spec.adopt: true to adopt it`;
}

/** The operator's own books, and what it removes at the end of a rollout whatever the spec says. */
const NOT_OF_THE_SPEC: readonly string[] = [GUARD, LAST_COMPLETE];

/** What the operator applied for an earlier spec and the new one has not. */
async function obsoleteChanges(
  client: KubeClient,
  live: ApiObject | undefined,
  objects: readonly KubeObject[],
): Promise<ObjectChange[]> {
  const wanted = new Set(objects.map((object) => entryKey(entryOf(object))));
  const changes: ObjectChange[] = [];
  for (const entry of live ? recordedInventory(live) : []) {
    if (wanted.has(entryKey(entry)) || isDefinition(entry.name) || NOT_OF_THE_SPEC.includes(entry.name))
      continue;
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
