import { ApiError, isApplyConflict } from "../../kube/errors.ts";
import type { InstallState } from "./conditions.ts";

/** The stored spec does not parse: the CRD in the cluster is older or newer than this program. */
export class InvalidSpec extends Error {
  readonly code = "INVALID_SPEC";
}

/** The state for an error that somebody has to mend, or undefined for one that may pass by itself. */
export function stalledBy(error: unknown): InstallState | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (isApplyConflict(error)) {
    const fields = error.causes.slice(0, 5).map(({ field, message }) => `${field} (${message})`);
    return {
      kind: "Stalled",
      reason: "OwnershipConflict",
      message: `${error.message.split(":")[0]}: the object exists and others own fields of it: ${fields.join(", ")}. Delete the object, or take the fields out of their manifest`,
    };
  }
  if (error.status === 403) return { kind: "Stalled", reason: "Forbidden", message: error.message };
  if (error.status === 404 && /namespaces? "/.test(error.message))
    return {
      kind: "Stalled",
      reason: "NamespaceMissing",
      message: `${error.message}; create the namespace of spec.namespace`,
    };
  return undefined;
}
