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

/** The inventory must be in the status before objects are created, and there is no status to write it to. */
export class InventoryNotWritten extends Error {
  override readonly name = "InventoryNotWritten";
  readonly code = "INVENTORY_NOT_WRITTEN";

  constructor() {
    super("the inventory could not be written: the MultusInstall is gone or was recreated");
  }
}
