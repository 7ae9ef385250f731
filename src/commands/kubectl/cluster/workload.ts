import { closest } from "../../../crds/suggestion.ts";
import { type ApiObject, DAEMON_SETS, PODS, type ResourceType } from "../../../kube/resource.ts";
import { UsageError } from "../errors.ts";
import type { ApiPod } from "./api-pod.ts";
import type { PermittedReader } from "./permitted-reader.ts";
import { DEPLOYMENTS, JOBS, REPLICA_SETS, STATEFUL_SETS } from "./workload-kinds.ts";

/** What `explain` is asked about. */
export interface Target {
  type: ResourceType;
  /** Undefined: that of the session. */
  namespace: string | undefined;
  name: string;
}

/** The names that kubectl takes for a kind: singular, plural and short. */
const ALIASES: readonly (readonly [ResourceType, ...string[]])[] = [
  [PODS, "pod", "pods", "po"],
  [DEPLOYMENTS, "deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"],
  [STATEFUL_SETS, "statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"],
  [DAEMON_SETS, "daemonset", "daemonsets", "ds", "daemonset.apps", "daemonsets.apps"],
  [REPLICA_SETS, "replicaset", "replicasets", "rs", "replicaset.apps", "replicasets.apps"],
  [JOBS, "job", "jobs", "job.batch", "jobs.batch"],
];

/** "web", "pod/web", "deploy/web", "deploy web", and "shop/web" for a pod of another namespace. Throws a UsageError. */
export function parseTarget(words: readonly string[]): Target {
  const parts = words.length === 2 ? words : (words[0] ?? "").split("/");
  const [first = "", second, ...more] = parts;
  if (more.length > 0 || first === "" || second === "")
    throw new UsageError(`${words.join(" ")}: name a pod (POD or NAMESPACE/POD) or a workload (deploy/NAME)`);
  if (second === undefined) return { type: PODS, namespace: undefined, name: first };
  const alias = ALIASES.find(([, ...names]) => names.includes(first.toLowerCase()));
  if (alias) return { type: alias[0], namespace: undefined, name: second };
  if (words.length === 2)
    throw new UsageError(
      `${first}: it must be pod, deployment, statefulset, daemonset, replicaset or job, or a short name of one`,
    );
  return { type: PODS, namespace: first, name: second };
}

/** The object. Throws a UsageError, with the nearest name, if there is none. */
export async function requireTarget(
  reader: PermittedReader,
  { type, name }: Target,
  namespace: string,
): Promise<ApiObject> {
  const found = await reader.client.get({ type, namespace, name });
  if (found) return found;
  const { items } = await reader.client.list(type, { namespace });
  const near = closest(
    name,
    items.map(({ metadata }) => metadata.name),
  );
  const kind = type.kind === PODS.kind ? "pod" : type.kind;
  if (near !== undefined)
    throw new UsageError(`there is no ${kind} ${name} in namespace ${namespace}; did you mean ${near}?`);
  throw new UsageError(`there is no ${kind} ${name} in namespace ${namespace}: set the namespace with -n`);
}

/** metav1.LabelSelector. */
export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A label selector as the API takes it in a query. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const expression = ({
    key,
    operator,
    values = [],
  }: {
    key: string;
    operator: string;
    values?: string[];
  }) => {
    switch (operator) {
      case "In":
        return `${key} in (${values.join(",")})`;
      case "NotIn":
        return `${key} notin (${values.join(",")})`;
      case "DoesNotExist":
        return `!${key}`;
      default:
        return key;
    }
  };
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(expression),
  ].join(",");
}

/** The pods of a workload: those of its selector that it, or for a Deployment one of its ReplicaSets, controls. */
export async function podsOfWorkload(reader: PermittedReader, workload: ApiObject): Promise<ApiPod[]> {
  const { namespace = "", uid } = workload.metadata;
  const selector = selectorText((workload.spec as { selector?: Selector } | undefined)?.selector ?? {});
  const where = { namespace, ...(selector === "" ? {} : { labelSelector: selector }) };
  const pods = (await reader.client.list<ApiPod>(PODS, where)).items;
  const owners = new Set([uid]);
  if (workload.kind === DEPLOYMENTS.kind) {
    const { items } = await reader.client.list(REPLICA_SETS, where);
    for (const replicaSet of items)
      if (isControlledBy(replicaSet, owners)) owners.add(replicaSet.metadata.uid);
  }
  return pods.filter((pod) => isControlledBy(pod, owners));
}

function isControlledBy({ metadata }: ApiObject, uids: ReadonlySet<string | undefined>): boolean {
  const owners = (metadata.ownerReferences ?? []) as { uid?: string; controller?: boolean }[];
  return owners.some(({ uid, controller }) => controller === true && uids.has(uid));
}
