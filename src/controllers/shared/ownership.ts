import { isAppliedBy, managedFieldsOf } from "../../kube/managed-fields.ts";
import type { ApiObject } from "../../kube/resource.ts";
import { MANAGED_BY, MANAGER } from "../../render/labels.ts";

/** The field manager of every write of the operator. */
export const FIELD_MANAGER = "multus-operator";

/**
 * Whether the operator created the object or adopted it: the API server's record of field managers shows that it was
 * applied by this one. Labels alone do not: a rendered manifest that people apply themselves has them too. They
 * decide only where the record was wiped, which takes a write to managedFields.
 */
export function isOwn(live: ApiObject): boolean {
  if (isAppliedBy(live, FIELD_MANAGER)) return true;
  return managedFieldsOf(live).length === 0 && live.metadata.labels?.[MANAGED_BY] === MANAGER;
}
