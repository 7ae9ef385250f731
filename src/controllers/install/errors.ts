import { ApiError, isApplyConflict, isNamespaceMissing, isNamespaceTerminating } from "../../kube/errors.ts";
import { ForeignObject, MayNotApprove } from "../shared/errors.ts";
import { conflictOf, conflictsText } from "./adoption/conflict-text.ts";
import { UnknownInventoryKind } from "./inventory/errors.ts";
import type { InstallState } from "./status/conditions.ts";

/** Another Multus is there, or an object of it that cannot become the operator's. */
export class AdoptionRejected extends Error {
  override readonly name = "AdoptionRejected";
  readonly code = "ADOPTION_REJECTED";
  readonly reason: "OwnershipConflict" | "ImmutableField";

  constructor(reason: AdoptionRejected["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The stored spec does not parse: the CRD in the cluster is older or newer than this program. */
export class InvalidSpec extends Error {
  override readonly name: string = "InvalidSpec";
  readonly code: string = "INVALID_SPEC";
}

/** The canary's probe names a NAD that does not exist (yet). */
export class ProbeNetworkMissing extends InvalidSpec {
  override readonly name = "ProbeNetworkMissing";
  override readonly code = "PROBE_NETWORK_MISSING";
}

/** What the API server answers if a role lacks a permission; a quota or a policy rejects with other words. */
const MISSING_PERMISSION = /\bUser "[^"]*" cannot |is attempting to grant RBAC permissions/;

/** The message, with what to do if the operator's roles lack a permission. */
export function withPermissionFix(message: string): string {
  if (!MISSING_PERMISSION.test(message)) return message;
  return `${message}. The chart grants the operator's permissions: upgrade it to the operator's version, and check that its value multusNamespaces contains spec.namespace`;
}

/** The state for an error that a user has to fix, or undefined for one that may pass. */
export function toStalledState(error: unknown): InstallState | undefined {
  if (error instanceof AdoptionRejected)
    return { kind: "Stalled", reason: error.reason, message: error.message };
  if (error instanceof UnknownInventoryKind)
    return { kind: "Stalled", reason: "UnknownKind", message: error.message };
  if (error instanceof MayNotApprove) return { kind: "Stalled", reason: "Forbidden", message: error.message };
  if (error instanceof ForeignObject)
    return {
      kind: "Stalled",
      reason: "OwnershipConflict",
      message: conflictsText([conflictOf(error.live)]),
    };
  if (!(error instanceof ApiError)) return undefined;
  // The object appeared between two requests; the next reconcile finds it, and names who manages it.
  if (isApplyConflict(error)) return undefined;
  // The API has no cause of its own for an immutable field: FieldValueInvalid or Forbidden, and these words.
  const fixed =
    error.status === 422
      ? error.causes.find(({ message }) => /immutable|cannot change/.test(message))
      : undefined;
  if (fixed)
    return {
      kind: "Stalled",
      reason: "ImmutableField",
      message: `${error.method} ${error.path}: ${fixed.field}: ${fixed.message}. Delete the object; the operator creates it again`,
    };
  // A retry cannot change a 400 or a 422. A webhook that rejects answers with them too.
  if (error.status === 422 || error.status === 400)
    return { kind: "Stalled", reason: "Rejected", message: error.message };
  if (isNamespaceTerminating(error))
    return {
      kind: "Stalled",
      reason: "NamespaceMissing",
      message: `${error.message}; create the namespace of spec.namespace again, or delete the MultusInstall`,
    };
  if (error.status === 403)
    return { kind: "Stalled", reason: "Forbidden", message: withPermissionFix(error.message) };
  if (isNamespaceMissing(error))
    return {
      kind: "Stalled",
      reason: "NamespaceMissing",
      message: `${error.message}; create the namespace of spec.namespace`,
    };
  return undefined;
}
