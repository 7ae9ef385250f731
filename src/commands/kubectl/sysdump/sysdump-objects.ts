import { NETWORKS_POLICY, REQUESTS_POLICY, WEBHOOK_CONFIGURATION } from "../../../admission/names.ts";
import { MULTUS_INSTALL } from "../../../crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import { NETWORK_ATTACHMENT_REPORT } from "../../../crds/network-attachment-report/report.ts";
import {
  type ApiObject,
  apiVersionOf,
  CONFIG_MAPS,
  CORE_EVENTS,
  DAEMON_SETS,
  LEASES,
  NODES,
  PODS,
  type ResourceType,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../../kube/resource.ts";
import { LAST_COMPLETE } from "../../../render/last-complete.ts";
import { toYaml } from "../../yaml.ts";
import { OPERATOR } from "../cluster/operator.ts";
import type { PermittedReader } from "../cluster/permitted-reader.ts";
import { DEPLOYMENTS } from "../cluster/workload-kinds.ts";

export interface DumpedPlaces {
  /** Of Multus; undefined if there is no MultusInstall. */
  multus: string | undefined;
  /** Undefined if it is not found. */
  operator: { namespace: string; deployment: string; selector: string } | undefined;
}

interface Part {
  file: string;
  type: ResourceType;
  where?: { namespace?: string; labelSelector?: string; fieldSelector?: string };
  /** Which of those that match are taken. */
  names?: readonly string[];
}

const MULTUS = { labelSelector: "app=multus" };
/** What the renderer names; others may be anyone's. */
const CONFIG_MAP_NAMES = ["multus-daemon-config", "multus-cni-config", LAST_COMPLETE];

function parts({ multus, operator }: DumpedPlaces): Part[] {
  const inMultus = multus === undefined ? {} : { namespace: multus };
  return [
    { file: "multusinstalls", type: MULTUS_INSTALL },
    { file: "network-attachment-definitions", type: NETWORK_ATTACHMENT_DEFINITIONS },
    { file: "networkattachmentreports", type: NETWORK_ATTACHMENT_REPORT },
    { file: "nodes", type: NODES },
    { file: "multus-daemonsets", type: DAEMON_SETS, where: { ...inMultus, ...MULTUS } },
    { file: "multus-pods", type: PODS, where: { ...inMultus, ...MULTUS } },
    ...(multus === undefined
      ? []
      : [
          { file: "multus-configmaps", type: CONFIG_MAPS, where: inMultus, names: CONFIG_MAP_NAMES },
          { file: "multus-events", type: CORE_EVENTS, where: inMultus },
        ]),
    ...(operator ? operatorParts(operator) : []),
    {
      file: "multusinstall-events",
      type: CORE_EVENTS,
      where: { namespace: "default", fieldSelector: `involvedObject.kind=${MULTUS_INSTALL.kind}` },
    },
    { file: "sandbox-events", type: CORE_EVENTS, where: { fieldSelector: "reason=FailedCreatePodSandBox" } },
    { file: "webhook", type: VALIDATING_WEBHOOK_CONFIGURATIONS, names: [WEBHOOK_CONFIGURATION] },
    {
      file: "policies",
      type: VALIDATING_ADMISSION_POLICIES,
      names: [NETWORKS_POLICY, REQUESTS_POLICY, OPERATOR],
    },
  ];
}

function operatorParts({ namespace, deployment, selector }: NonNullable<DumpedPlaces["operator"]>): Part[] {
  const inOperator = { namespace };
  return [
    { file: "operator-deployments", type: DEPLOYMENTS, where: inOperator, names: [deployment] },
    { file: "operator-pods", type: PODS, where: { ...inOperator, labelSelector: selector } },
    { file: "operator-leases", type: LEASES, where: inOperator, names: [OPERATOR] },
    { file: "operator-events", type: CORE_EVENTS, where: inOperator },
  ];
}

/** The objects of the operator and of Multus as YAML, by file; never a Secret. */
export async function dumpedObjects(
  reader: PermittedReader,
  namespaces: DumpedPlaces,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { file, type, where = {}, names } of parts(namespaces)) {
    const found = await reader.all(type, where, (object) =>
      names && !names.includes(object.metadata.name) ? undefined : dumped(object, type),
    );
    if (found && found.length > 0) files.set(`objects/${file}.yaml`, toYaml(found));
  }
  return files;
}

/** Without managed fields, which are longer than the object, and without the webhook's path, which is a secret. */
function dumped(object: ApiObject, type: ResourceType): object {
  const { managedFields: _, ...metadata } = object.metadata;
  const { apiVersion: __, kind: ___, metadata: ____, ...rest } = object;
  const complete = { apiVersion: apiVersionOf(type), kind: type.kind, metadata, ...rest };
  return type === VALIDATING_WEBHOOK_CONFIGURATIONS ? withoutPath(complete) : complete;
}

interface WithWebhooks {
  webhooks?: { clientConfig?: { service?: object } }[];
}

function withoutPath(configuration: object): object {
  const { webhooks = [] } = configuration as WithWebhooks;
  return {
    ...configuration,
    webhooks: webhooks.map((webhook) => {
      const { service } = webhook.clientConfig ?? {};
      return { ...webhook, clientConfig: service ? { service: { ...service, path: "REMOVED" } } : "REMOVED" };
    }),
  };
}
