import { isDeepStrictEqual } from "node:util";
import type { Reason } from "../../../crds/conditions.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { ApiError } from "../../../kube/errors.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { FIELD_MANAGER } from "../../shared/applier.ts";
import type { Run } from "../scope.ts";
import { statusFor } from "./status.ts";

/** Writes the status that a run's findings make, where it differs, and an event where Ready says something new. */
export async function writeStatus(run: Run): Promise<void> {
  if (run.silent) return;
  const now = rfc3339(run.deps.now());
  run.findings.networks = run.deps.networks();
  const status = statusFor(run.findings, run.live.metadata.generation ?? 0, run.previous, now);
  if (isDeepStrictEqual(plain(status), plain(run.live.status ?? {}))) return;
  await putStatus(run, status);
  await tellTransition(run, status);
}

/** In whole seconds, as the API server writes times. */
export function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** False where the object is gone, or another of its name is there. */
export async function putStatus(run: Run, status: MultusInstallStatus): Promise<boolean> {
  const { name, uid } = run.live.metadata;
  const body = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name, uid },
    status,
  };
  try {
    await run.deps.client.apply({ type: MULTUS_INSTALL, name }, body, {
      fieldManager: FIELD_MANAGER,
      force: true,
      subresource: "status",
    });
    return true;
  } catch (error) {
    // Deleted, or deleted and made anew: the next event tells. Any other conflict is to be tried again.
    if (error instanceof ApiError && error.status === 404) return false;
    if (error instanceof ApiError && error.status === 409 && !(await isStillThere(run))) return false;
    throw error;
  }
}

/** Whether the object of that name is still the one that this run is about. */
async function isStillThere({ deps, live }: Run): Promise<boolean> {
  const found = await deps.client.get<ApiObject>({ type: MULTUS_INSTALL, name: live.metadata.name });
  return found?.metadata.uid === live.metadata.uid;
}

const BAD: readonly string[] = [
  "NodesUnhealthy",
  "RolloutStuck",
  "RolloutFailed",
  "RolledBack",
  "Refused",
  "InvalidSpec",
  "SecondInstall",
  "OwnershipConflict",
  "ImmutableField",
  "Forbidden",
  "NamespaceMissing",
  "NoMatchingNodes",
] satisfies Reason[];

async function tellTransition(run: Run, status: MultusInstallStatus): Promise<void> {
  const ready = (s: MultusInstallStatus) => s.conditions?.find(({ type }) => type === "Ready");
  const before = ready(run.previous);
  const after = ready(status);
  if (!after || (before?.status === after.status && before.reason === after.reason)) return;
  await run.deps.events.send(run.live, {
    type: BAD.includes(after.reason) ? "Warning" : "Normal",
    reason: after.reason,
    action: "Reconcile",
    note: after.message || after.reason,
  });
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
