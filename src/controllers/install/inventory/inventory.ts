import type { KubeObject } from "../../../crds/kube-object.ts";
import { type InventoryEntry, multusInstallStatus } from "../../../crds/multus-install/status.ts";
import { UnknownKind } from "../../../kube/errors.ts";
import {
  type ApiObject,
  apiVersionOf,
  type ObjectRef,
  type ResourceType,
  typeOf,
} from "../../../kube/resource.ts";
import { UnknownInventoryKind } from "./errors.ts";

/**
 * What a live MultusInstall's status lists as applied. Parsed on its own: a status of another version of this
 * program must not cost the inventory.
 */
export function recordedInventory(live: ApiObject): InventoryEntry[] {
  return multusInstallStatus.shape.inventory.catch([]).parse(inventoryOf(live)) ?? [];
}

export function entryOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): InventoryEntry {
  return { apiVersion, kind, ...(namespace ? { namespace } : {}), name };
}

export function entryOfRef({ type, name, namespace }: ObjectRef): InventoryEntry {
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...(namespace ? { namespace } : {}), name };
}

/** Where the object of an entry is. Throws an UnknownInventoryKind, as after a downgrade of this program. */
export function refOfEntry(entry: InventoryEntry): ObjectRef {
  return {
    type: knownTypeOf(entry),
    name: entry.name,
    ...(entry.namespace ? { namespace: entry.namespace } : {}),
  };
}

function knownTypeOf(entry: InventoryEntry): ResourceType {
  try {
    return typeOf(entry);
  } catch (error) {
    if (error instanceof UnknownKind) throw new UnknownInventoryKind(entry);
    throw error;
  }
}

/** Equal for entries of one object, whatever its apiVersion. */
export function entryKey({ kind, namespace = "", name }: InventoryEntry): string {
  return `${kind}/${namespace}/${name}`;
}

function inventoryOf({ status }: ApiObject): unknown {
  return typeof status === "object" && status !== null
    ? (status as { inventory?: unknown }).inventory
    : undefined;
}
