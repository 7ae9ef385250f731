import { setTimeout as sleep } from "node:timers/promises";
import type { OperatorState } from "../../../display/operator.ts";
import { type ApiObject, CLUSTER_ROLE_BINDINGS, LEASES } from "../../../kube/resource.ts";
import type { PermittedReader } from "./permitted-reader.ts";
import type { Selector } from "./workload.ts";
import { DEPLOYMENTS } from "./workload-kinds.ts";

/** The name of everything that the chart installs: ClusterRole, binding, Deployment and Lease. */
export const OPERATOR = "multus-operator";
/** A leader renews every two seconds. Clocks of machines differ by some seconds more. */
const MAX_RENEWAL_AGE_MS = 40_000;
/** Long enough for a leader to renew. */
const RENEWAL_WAIT_MS = 5_000;

export interface Deployment extends ApiObject {
  spec: {
    replicas?: number;
    selector?: Selector;
    template: {
      spec: { serviceAccountName?: string; containers: { name: string; image: string }[] };
    };
  };
  status?: { availableReplicas?: number };
}

interface Binding extends ApiObject {
  roleRef?: { kind?: string; name?: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

interface Lease extends ApiObject {
  spec?: { holderIdentity?: string | null; renewTime?: string | null };
}

/** Why the operator cannot be found. */
export type NotFound =
  /** Its ClusterRoleBinding does not exist. */
  | { found: "none"; why: string }
  /** It may not be read, or it does not name one Deployment. */
  | { found: "unknown"; why: string };

export interface FoundOperator {
  found: "one";
  namespace: string;
  deployment: Deployment;
}

/**
 * The operator's Deployment. A label proves nothing: every tenant can put it on a Deployment. Only administrators
 * write the ClusterRoleBinding, which names the operator's account; the operator is the Deployment that runs under it.
 */
export async function findOperator(reader: PermittedReader): Promise<FoundOperator | NotFound> {
  const answer = await reader.tryRead(async () => ({
    binding: await reader.client.get<Binding>({ type: CLUSTER_ROLE_BINDINGS, name: OPERATOR }),
  }));
  if (!answer) return { found: "unknown", why: `ClusterRoleBinding ${OPERATOR} may not be read` };
  if (!answer.binding) return { found: "none", why: `there is no ClusterRoleBinding ${OPERATOR}` };
  const { roleRef, subjects = [] } = answer.binding;
  const [subject] = subjects;
  const namespace = subject?.namespace ?? "";
  if (
    roleRef?.kind !== "ClusterRole" ||
    roleRef.name !== OPERATOR ||
    subjects.length !== 1 ||
    subject?.kind !== "ServiceAccount" ||
    namespace === ""
  )
    return {
      found: "unknown",
      why: `ClusterRoleBinding ${OPERATOR} does not bind the ClusterRole ${OPERATOR} to one service account`,
    };
  const listed = await reader.tryRead(() => reader.client.list<Deployment>(DEPLOYMENTS, { namespace }));
  if (!listed) return { found: "unknown", why: `Deployments in namespace ${namespace} may not be read` };
  const account = subject.name;
  const own = listed.items.filter(({ spec }) => spec.template.spec.serviceAccountName === account);
  if (own.length === 0)
    return {
      found: "none",
      why: `no Deployment in namespace ${namespace} uses the service account ${account}`,
    };
  const [deployment] = own;
  if (own.length > 1 || !deployment)
    return {
      found: "unknown",
      why: `${own.length} Deployments in namespace ${namespace} use the service account ${account}: ${own
        .slice(0, 5)
        .map(({ metadata }) => metadata.name)
        .join(", ")}`,
    };
  return { found: "one", namespace, deployment };
}

/** The image of the operator's only container of that name; undefined if there is not exactly one. */
export function operatorImage({ deployment }: FoundOperator): string | undefined {
  const named = deployment.spec.template.spec.containers.filter(({ name }) => name === "operator");
  return named.length === 1 ? named[0]?.image : undefined;
}

/** Whether an operator works on this cluster: its Deployment, and the Lease that its leader renews. */
export async function operatorState(
  reader: PermittedReader,
  now: () => number = Date.now,
): Promise<OperatorState> {
  const operator = await findOperator(reader);
  const namespace = operator.found === "one" ? operator.namespace : OPERATOR;
  const lease = await reader.tryRead(async () => ({ lease: await leaseIn(reader, namespace) }));
  const leader = lease && (await leaderOf(reader, namespace, lease.lease, now));
  const lead = leader ? { leader } : {};
  // One that runs outside of the cluster has a Lease and no Deployment.
  if (operator.found === "none" && leader?.alive) return { state: "Running", ...lead };
  if (operator.found === "none") return { state: "NotInstalled", why: operator.why };
  if (operator.found === "unknown")
    return leader?.alive ? { state: "Running", ...lead } : { state: "Unknown", why: operator.why, ...lead };
  const { metadata, spec, status } = operator.deployment;
  const version = metadata.labels?.["app.kubernetes.io/version"];
  const facts = {
    deployment: `${namespace}/${metadata.name}`,
    replicas: spec.replicas ?? 1,
    available: status?.availableReplicas ?? 0,
    ...(version === undefined ? {} : { version }),
    ...lead,
  };
  // Whoever may not read the Lease knows the Deployment alone.
  const works = lease === undefined ? facts.available > 0 : leader?.alive === true;
  return { state: works ? "Running" : "NotRunning", ...facts };
}

async function leaseIn(reader: PermittedReader, namespace: string): Promise<Lease | undefined> {
  return await reader.client.get<Lease>({ type: LEASES, namespace, name: OPERATOR });
}

/**
 * Who renews the Lease. One that is not renewed by this machine's clock may be renewed by another's: it is read once
 * more before it counts as abandoned.
 */
async function leaderOf(
  reader: PermittedReader,
  namespace: string,
  lease: Lease | undefined,
  now: () => number,
): Promise<OperatorState["leader"]> {
  const { holderIdentity, renewTime } = lease?.spec ?? {};
  if (!renewTime) return undefined;
  const leader = (alive: boolean, at: string) => ({
    alive,
    renewedAt: at.replace(/\.\d+Z$/, "Z"),
    ...(holderIdentity ? { name: holderIdentity } : {}),
  });
  if (!holderIdentity) return leader(false, renewTime);
  if (Math.abs(now() - Date.parse(renewTime)) <= MAX_RENEWAL_AGE_MS) return leader(true, renewTime);
  await sleep(RENEWAL_WAIT_MS);
  const later = (await leaseIn(reader, namespace))?.spec?.renewTime ?? renewTime;
  return leader(later !== renewTime, later);
}
