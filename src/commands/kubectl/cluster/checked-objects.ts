import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import {
  type ApiObject,
  apiVersionOf,
  DAEMON_SETS,
  PODS,
  type ResourceType,
} from "../../../kube/resource.ts";
import type { ClusterObjects } from "../../../validate/cluster.ts";
import { collectNetworks } from "./collect.ts";
import { findInstall } from "./install.ts";
import { requireReadable } from "./missing-permissions.ts";
import type { PermittedReader } from "./permitted-reader.ts";
import { CRON_JOBS, DEPLOYMENTS, JOBS, REPLICA_SETS, STATEFUL_SETS } from "./workload-kinds.ts";

/** What makes pods, and pods. */
const WORKLOADS: readonly ResourceType[] = [
  DEPLOYMENTS,
  STATEFUL_SETS,
  DAEMON_SETS,
  CRON_JOBS,
  JOBS,
  REPLICA_SETS,
  PODS,
];

/**
 * What `check` checks: the active MultusInstall, all NADs that may be read, and what asks for networks in a namespace,
 * or in all. Throws a UsageError if NADs may not be read.
 */
export async function clusterObjects(
  reader: PermittedReader,
  namespace: string | undefined,
): Promise<ClusterObjects> {
  const within = namespace === undefined ? {} : { namespace };
  const found = await reader.tryRead(() => findInstall(reader.client));
  const networks = requireReadable(reader, await collectNetworks(reader, namespace));
  const missingBefore = new Set(reader.missingPermissions);
  const everywhere = await reader.all(
    NETWORK_ATTACHMENT_DEFINITIONS,
    {},
    complete(NETWORK_ATTACHMENT_DEFINITIONS),
  );
  const nads =
    everywhere ??
    (await reader.all(NETWORK_ATTACHMENT_DEFINITIONS, within, complete(NETWORK_ATTACHMENT_DEFINITIONS))) ??
    [];
  // That they were only read in one namespace is said by what is not reported.
  for (const what of reader.missingPermissions)
    if (namespace !== undefined && !missingBefore.has(what)) reader.missingPermissions.delete(what);
  const workloads = await Promise.all(
    WORKLOADS.map(async (type) => (await reader.all(type, within, relevant(type))) ?? []),
  );
  return {
    objects: [...(found ? [found.install] : []), ...nads, ...workloads.flat()],
    allNetworks: everywhere !== undefined,
    reports: networks.reports,
  };
}

/** The items of a list carry neither apiVersion nor kind. */
function complete(type: ResourceType): (object: ApiObject) => ApiObject {
  return (object) => ({ ...object, apiVersion: apiVersionOf(type), kind: type.kind });
}

/** Objects that name a network, or seem to, and that no other of these kinds made: that one has the mistake. */
function relevant(type: ResourceType): (object: ApiObject) => ApiObject | undefined {
  const kinds = WORKLOADS.map(({ kind }) => kind);
  return (object) => {
    const owners = (object.metadata.ownerReferences ?? []) as { kind?: string; controller?: boolean }[];
    if (owners.some(({ kind = "", controller }) => controller && kinds.includes(kind))) return undefined;
    const { phase } = (object.status ?? {}) as { phase?: string };
    if (phase === "Succeeded" || phase === "Failed") return undefined;
    return namesNetworks(object) ? complete(type)(object) : undefined;
  };
}

function namesNetworks({ metadata, spec }: ApiObject): boolean {
  const { template, jobTemplate } = (spec ?? {}) as {
    template?: Template;
    jobTemplate?: { spec?: { template?: Template } };
  };
  return [metadata, template?.metadata, jobTemplate?.spec?.template?.metadata].some((part) =>
    Object.keys(part?.annotations ?? {}).some((key) => /cni|multus/i.test(key)),
  );
}

interface Template {
  metadata?: { annotations?: Record<string, string> };
}
