import { partsOf } from "../crds/namespaced-name.ts";
/** Whether an operator works on the cluster, as far as the user may see it. */
export interface OperatorState {
  state: "Running" | "NotRunning" | "NotInstalled" | "Unknown";
  /** "namespace/name" */
  deployment?: string;
  replicas?: number;
  available?: number;
  version?: string;
  leader?: {
    /** Whether it renews its Lease. */
    alive: boolean;
    /** RFC 3339 */
    renewedAt: string;
    name?: string;
  };
  /** Why it is not known, or not found. */
  why?: string;
}

/** One sentence: is an operator running, which version, who leads, and what to do if none does. */
export function operatorText(operator: OperatorState, pluginVersion: string): string {
  const { state, deployment = "", replicas, available, version, leader, why } = operator;
  const count = replicas === undefined ? "" : `${available} of ${replicas} replicas available`;
  switch (state) {
    case "NotInstalled":
      return `not installed: ${why}. Install its chart: helm install multus-operator charts/multus-operator --namespace multus-operator --create-namespace --set image.repository=REGISTRY/multus-operator`;
    case "Unknown":
      return `unknown: ${why}`;
    case "NotRunning": {
      const since = leader ? `, and no replica has renewed its Lease since ${leader.renewedAt}` : "";
      const { namespace, name } = partsOf(deployment);
      const fix =
        replicas === 0
          ? `Scale it: kubectl scale deployment -n ${namespace} ${name} --replicas=2`
          : `Find out why: kubectl describe deployment -n ${namespace} ${name}`;
      return `not running: Deployment ${deployment} has ${count}${since}. ${fix}`;
    }
    case "Running": {
      const skew = hasSkew(operator, pluginVersion)
        ? `. This plugin is ${pluginVersion}: use the plugin of the operator's version`
        : "";
      return [
        count === "" ? "running outside of the cluster" : count,
        ...(version === undefined ? [] : [`version ${version}`]),
        ...(leader?.name === undefined ? [] : [`leader ${leader.name}`]),
      ]
        .join(", ")
        .concat(skew);
    }
  }
}

/** Whether operator and plugin are of different versions. */
export function hasSkew({ version }: OperatorState, pluginVersion: string): boolean {
  return version !== undefined && version !== pluginVersion;
}
