import { isDeepStrictEqual } from "node:util";
import type { Reason } from "../../../crds/conditions.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../../crds/multus-install/multus-install.ts";
import { type MultusInstallStatus, multusInstallStatus } from "../../../crds/multus-install/status.ts";
import { rfc3339 } from "../../../crds/rfc3339.ts";
import { ApiError } from "../../../kube/errors.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { FIELD_MANAGER } from "../../shared/applier.ts";
import type { ReconcileScope } from "../scope.ts";
import { type InventoryEntry, type StatusInput, statusFor } from "./status.ts";

/** Writes the status for what was found, if it differs, and an event if Ready has another status or reason. */
export async function writeStatus(scope: ReconcileScope, input: StatusInput): Promise<void> {
  const { deps, live, previous } = scope;
  const found = { ...input, networks: deps.networks(), unknown: deps.unknownOfNetworks() };
  const status = statusFor(found, live.metadata.generation ?? 0, previous, rfc3339(deps.now()));
  if (isDeepStrictEqual(plain(status), plain(newest(scope).status ?? {}))) return;
  await putStatus(scope, status);
  emitTransitionEvent(scope, status);
}

/**
 * Writes the inventory, and leaves all else of the status as it is; false if the object is gone, or another of its name
 * is there. An apply sets the whole status: if the copy is not the newest, it is rejected (409), since conditions would
 * be set back.
 */
export async function putInventory(
  scope: ReconcileScope,
  inventory: readonly InventoryEntry[],
): Promise<boolean> {
  const { metadata, status } = newest(scope);
  const known = multusInstallStatus.catch({}).parse(status ?? {});
  return await putStatus(scope, { ...known, inventory: [...inventory] }, metadata.resourceVersion);
}

/** The run's MultusInstall with what was written in this run, or seen since it began. */
function newest({ live, deps }: ReconcileScope): ApiObject {
  const found = deps.installs.get(live.metadata.name);
  return found !== undefined && found.metadata.uid === live.metadata.uid ? found : live;
}

/** False if the object is gone, or another of its name is there. */
async function putStatus(
  scope: ReconcileScope,
  status: MultusInstallStatus,
  resourceVersion?: string,
): Promise<boolean> {
  const { name, uid } = scope.live.metadata;
  const body = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name, uid, ...(resourceVersion ? { resourceVersion } : {}) },
    status,
  };
  try {
    const answer = await scope.deps.client.apply<ApiObject>({ type: MULTUS_INSTALL, name }, body, {
      fieldManager: FIELD_MANAGER,
      force: true,
      subresource: "status",
    });
    scope.deps.installs.wrote(answer);
    return true;
  } catch (error) {
    // Deleted, or deleted and recreated: the next event shows it. Any other conflict is to be tried again.
    if (error instanceof ApiError && error.status === 404) return false;
    if (error instanceof ApiError && error.status === 409 && !(await isStillThere(scope))) return false;
    throw error;
  }
}

/** Whether the object of that name is still the one that this run is about. */
async function isStillThere({ deps, live }: ReconcileScope): Promise<boolean> {
  const found = await deps.client.get<ApiObject>({ type: MULTUS_INSTALL, name: live.metadata.name });
  return found?.metadata.uid === live.metadata.uid;
}

const BAD: readonly string[] = [
  "NodesUnhealthy",
  "RolloutStuck",
  "RolloutFailed",
  "RolledBack",
  "Rejected",
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

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
