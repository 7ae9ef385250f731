import { activeInstall } from "../../../crds/multus-install/active-install.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { INSTALL } from "../../../render/labels.ts";
import { recordedInventory } from "./inventory.ts";

/**
 * Two MultusInstalls of the same second may both have been active: the one that was seen first, and then the first by
 * name (docs/adr/0017). What the active one has applied is not the other's to delete, although the operator wrote it for
 * that one first.
 */

/** Whether an object has been applied for another MultusInstall that exists. */
export function isOfAnotherInstall(
  object: ApiObject,
  { metadata: { name } }: ApiObject,
  installs: readonly ApiObject[],
): boolean {
  const owner = object.metadata.labels?.[INSTALL];
  return owner !== name && installs.some(({ metadata }) => metadata.name === owner);
}

/** Whether another MultusInstall has applied a Multus, so that the nodes are not this one's to clean. */
export function isReplacedByAnother(
  { metadata: { name } }: ApiObject,
  installs: readonly ApiObject[],
): boolean {
  const active = activeInstall(installs);
  return active !== undefined && active.metadata.name !== name && recordedInventory(active).length > 0;
}
