import { createHash } from "node:crypto";
import { z } from "zod";
import { MULTUS_INSTALL } from "../../crds/multus-install/multus-install.ts";
import { type ReportStatus, reportStatus } from "../../crds/network-attachment-report/report.ts";
import type { ApiObject, ResourceType } from "../../kube/resource.ts";
import type { SeenNode } from "../../networks/cross-checks/view.ts";
import type { Isolation } from "../../networks/isolation.ts";
import { type SandboxFailure, sandboxFailureOf } from "../../networks/sandbox-failure.ts";

/** What this controller keeps of NADs, events, nodes, installs and its reports. Pods are in pod-view.ts. */

export const NETWORK_ATTACHMENT_DEFINITIONS: ResourceType = {
  group: "k8s.cni.cncf.io",
  version: "v1",
  kind: "NetworkAttachmentDefinition",
  plural: "network-attachment-definitions",
  namespaced: true,
};
const RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

export interface NadView {
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  config: string;
  resourceName?: string;
  hash: string;
  /** RFC 3339: when its spec was last written, by its managed fields; else when it was made. */
  changedAt: string;
}

const owned = z.object({ time: z.string(), fieldsV1: z.record(z.string(), z.unknown()) });
const nad = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    uid: z.string().default(""),
    generation: z.number().int().default(1),
    creationTimestamp: z.string().default(""),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.unknown()).default([]),
  }),
  spec: z.object({ config: z.string().default("") }).nullish(),
});

/** Throws a ZodError where the object is no NAD. */
export function nadView(object: unknown): NadView {
  const { metadata, spec } = nad.parse(object);
  const config = spec?.config ?? "";
  const times = metadata.managedFields.flatMap((entry) => {
    const { data } = owned.safeParse(entry);
    return data && "f:spec" in data.fieldsV1 ? [data.time] : [];
  });
  const resourceName = metadata.annotations[RESOURCE_NAME];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    config,
    hash: createHash("sha256").update(config).digest("hex").slice(0, 32),
    changedAt: times.toSorted().at(-1) ?? metadata.creationTimestamp,
    ...(resourceName === undefined ? {} : { resourceName }),
  };
}

export interface FailureView extends SandboxFailure {
  /** Of the pod. */
  uid: string;
  /** "namespace/name" of the pod. */
  pod: string;
  /** RFC 3339: when it last happened. */
  at: string;
  /** Whose kubelet says so; empty where the event does not tell. */
  node: string;
}

const event = z.object({
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({
    kind: z.string().default(""),
    namespace: z.string().default(""),
    name: z.string().default(""),
    uid: z.string().default(""),
  }),
  source: z.object({ host: z.string().default("") }).prefault({}),
});

/** Undefined where the event is none of a pod's sandbox. */
export function failureView(object: unknown): FailureView | undefined {
  const { reason, message, lastTimestamp, eventTime, involvedObject, source } = event.parse(object);
  const failure = involvedObject.kind === "Pod" ? sandboxFailureOf(reason, message) : undefined;
  if (!failure) return undefined;
  const { namespace, name, uid } = involvedObject;
  const at = lastTimestamp ?? eventTime ?? "";
  return { ...failure, uid, pod: `${namespace}/${name}`, at, node: source.host };
}

/** When the API server refused Multus' token, where that is why a sandbox could not be made; ms since 1970. */
export function refusalOf({ byMultus, message, at }: FailureView): number | undefined {
  const time = Date.parse(at);
  return byMultus && /\bUnauthorized\b/.test(message) && !Number.isNaN(time) ? time : undefined;
}

const node = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ allocatable: z.record(z.string(), z.string()).default({}) }).prefault({}),
});

/** Of what a node can give only what device plugins offer: those names have a domain. */
export function nodeView(object: unknown): SeenNode {
  const { metadata, status } = node.parse(object);
  const offered = Object.entries(status.allocatable).filter(([name]) => name.includes("/"));
  return { name: metadata.name, allocatable: Object.fromEntries(offered) };
}

export interface InstallView {
  name: string;
  uid: string;
  creationTimestamp: string;
  version: string | undefined;
  isolation: Isolation;
}

const install = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string().default(""),
    creationTimestamp: z.string().default(""),
  }),
  spec: z
    .object({
      version: z.string().optional(),
      isolation: z
        .object({ enabled: z.boolean().default(false), globalNamespaces: z.array(z.string()).default([]) })
        .prefault({}),
    })
    .prefault({}),
});

export function installView(object: unknown): InstallView {
  const { metadata, spec } = install.parse(object);
  return { ...metadata, version: spec.version, isolation: spec.isolation };
}

export const MULTUS_INSTALLS = MULTUS_INSTALL;

export interface ReportView {
  uid: string;
  resourceVersion: string;
  ownerUid: string;
  status: ReportStatus;
}

/** A status that cannot be read counts as none, and is written anew. */
export function reportView(object: ApiObject): ReportView {
  const { uid = "", resourceVersion = "0", ownerReferences } = object.metadata;
  const owners = z.array(z.object({ uid: z.string() })).safeParse(ownerReferences);
  return {
    uid,
    resourceVersion,
    ownerUid: owners.data?.[0]?.uid ?? "",
    status: reportStatus.catch({}).parse(object.status ?? {}),
  };
}
