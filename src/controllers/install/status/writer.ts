import type { Reason } from "../../../crds/conditions.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../../crds/multus-install/multus-install.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { type MultusInstallStatus, multusInstallStatus } from "../../../crds/multus-install/status.ts";
import { rfc3339 } from "../../../crds/rfc3339.ts";
import { isSameJson } from "../../../kube/compare.ts";
import { ApiError } from "../../../kube/errors.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { FIELD_MANAGER } from "../../shared/ownership.ts";
import type { ReconcileScope } from "../scope.ts";
import { type StatusInput, statusFor } from "./status.ts";

/** Writes the status for what was found, if it differs, and an event if Ready has another status or reason. */
export async function writeStatus(scope: ReconcileScope, input: StatusInput): Promise<void> {
  const { deps, live, previous } = scope;
  const found = { ...input, networks: deps.networks(), unknown: deps.unknownOfNetworks() };
  const status = statusFor(found, live.metadata.generation ?? 0, previous, rfc3339(deps.now()));
  if (isSameJson(status, scope.last.install.status ?? {})) return;
  await putStatus(scope, status);
  emitTransitionEvent(scope, status);
}

/**
 * Writes the inventory, and leaves all else of the status as it is; false if the object is gone, or another of its name
 * is there.
 */
export async function putInventory(
  scope: ReconcileScope,
  inventory: readonly InventoryEntry[],
): Promise<boolean> {
  const known = multusInstallStatus.catch({}).parse(scope.last.install.status ?? {});
  return await putStatus(scope, { ...known, inventory: [...inventory] });
}

/**
 * False if the object is gone, or another of its name is there. An apply sets the whole status: based on an old copy, as
 * a list may return after a restart, it would set conditions back and drop objects from the inventory. Hence it is
 * rejected (409), and the next reconcile bases it on the newest.
 */
async function putStatus(scope: ReconcileScope, status: MultusInstallStatus): Promise<boolean> {
  const { name, uid } = scope.live.metadata;
  const { resourceVersion } = scope.last.install.metadata;
  const body = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name, uid, resourceVersion },
    status,
  };
  try {
    const answer = await scope.deps.client.apply<ApiObject>({ type: MULTUS_INSTALL, name }, body, {
      fieldManager: FIELD_MANAGER,
      force: true,
      subresource: "status",
    });
    scope.deps.installs.wrote(answer);
    scope.last.install = answer;
    return true;
  } catch (error) {
    // Deleted, or deleted and recreated: the next event shows it. Any other conflict is to be tried again.
    if (error instanceof ApiError && error.status === 404) return false;
    if (error instanceof ApiError && error.status === 409 && !(await isStillThere(scope))) return false;
    throw error;
  }
}

/** Whether the object of that name is still the one that this run is about. If so, its newest state is known then. */
async function isStillThere({ deps, live }: ReconcileScope): Promise<boolean> {
  const found = await deps.client.get<ApiObject>({ type: MULTUS_INSTALL, name: live.metadata.name });
  if (!found || found.metadata.uid !== live.metadata.uid) return false;
  deps.installs.wrote(found);
  return true;
}

const BAD: readonly string[] = [
  "NodesUnhealthy",
  "RolloutStuck",
  "RolloutFailed",
  "RolledBack",
  "Rejected",
  "UnknownKind",
  "InvalidSpec",
  "SecondInstall",
  "OwnershipConflict",
  "ImmutableField",
  "Forbidden",
  "NamespaceMissing",
  "NoMatchingNodes",
] satisfies Reason[];

/** Not waited for: the status shows the same. */
function emitTransitionEvent(scope: ReconcileScope, status: MultusInstallStatus): void {
  const ready = (s: MultusInstallStatus) => s.conditions?.find(({ type }) => type === "Ready");
  const before = ready(scope.previous);
  const after = ready(status);
  if (!after || (before?.status === after.status && before.reason === after.reason)) return;
  void scope.deps.events.send(scope.live, {
    type: BAD.includes(after.reason) ? "Warning" : "Normal",
    reason: after.reason,
    action: "Reconcile",
    note: after.message || after.reason,
  });
}
