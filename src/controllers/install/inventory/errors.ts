import type { InventoryEntry } from "../../../crds/multus-install/status.ts";

/** A newer version of this program has applied an object of a kind that this one can neither read nor delete. */
export class UnknownInventoryKind extends Error {
  override readonly name = "UnknownInventoryKind";
  readonly code = "UNKNOWN_INVENTORY_KIND";

  constructor({ apiVersion, kind, namespace, name }: InventoryEntry) {
    const object = `${kind} ${namespace ? `${namespace}/` : ""}${name} (${apiVersion})`;
    super(
      `status.inventory lists ${object}, a kind that this version of the operator does not know. Nothing is changed or deleted: upgrade the operator to the version that created it`,
    );
  }
}
