import { activeInstall } from "../../../crds/multus-install/active-install.ts";
import {
  MULTUS_INSTALL,
  type MultusInstall,
  multusInstall,
} from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import type { KubeClient } from "../../../kube/client.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { UsageError } from "../errors.ts";

export interface InstallWithStatus extends MultusInstall {
  status: MultusInstallStatus;
}

/** The active MultusInstall, and the names of those without effect; undefined if there is none. */
export async function findInstall(
  client: KubeClient,
): Promise<{ install: InstallWithStatus; others: string[] } | undefined> {
  const { items } = await client.list(MULTUS_INSTALL);
  const active = activeInstall(items);
  if (!active) return undefined;
  const others = items.map(({ metadata }) => metadata.name).filter((name) => name !== active.metadata.name);
  return { install: parse(active), others };
}

/** Throws a UsageError if there is none. */
export async function requireInstall(client: KubeClient): Promise<InstallWithStatus> {
  const found = await findInstall(client);
  if (!found)
    throw new UsageError(
      "this cluster has no MultusInstall. Create one: kubectl apply -f manifests/samples/multusinstall.yaml",
    );
  return found.install;
}

/** Fields that this version does not know are ignored. */
function parse(object: ApiObject): InstallWithStatus {
  const parsed = multusInstall.safeParse(object);
  if (!parsed.success)
    throw new UsageError(
      `MultusInstall ${object.metadata.name} cannot be read by this version of the plugin (${parsed.error.issues[0]?.path.join(".")}); use the plugin of the operator's version`,
    );
  return { ...parsed.data, status: parsed.data.status ?? {} };
}
