import type { KubeObject } from "../crds/kube-object.ts";
import { type MultusInstall, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";

/** The ConfigMap that keeps what a rollback restores. */
export const LAST_COMPLETE = "multus-last-complete";
const KEY = "spec.json";

/** The spec of an install that runs on every node. The fields that say how to roll out are not part of it. */
export function lastComplete(install: MultusInstall): KubeObject {
  const { rollout: _, paused: __, adopt: ___, ...spec } = install.spec;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: LAST_COMPLETE,
      namespace: install.spec.namespace,
      labels: ownerLabels(install),
    },
    data: { [KEY]: JSON.stringify(spec) },
  };
}

/** The install with what ran completely last. Undefined if there is none, or it no longer parses. */
export function restored(
  install: MultusInstall,
  configMap: { [field: string]: unknown } | undefined,
): MultusInstall | undefined {
  const data = configMap?.data as Record<string, unknown> | undefined;
  const text = data?.[KEY];
  if (typeof text !== "string") return undefined;
  try {
    const { rollout, paused, adopt } = install.spec;
    const spec = { ...(JSON.parse(text) as object), rollout, paused, adopt };
    const parsed = parseMultusInstall({ ...install, spec });
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined; // not JSON: it was changed by hand
  }
}

/** Whether two such ConfigMaps, of which one may not be there, keep the same spec. */
export function isSameSpec(one: { [field: string]: unknown } | undefined, other: KubeObject): boolean {
  const specOf = (object: typeof one) => (object?.data as Record<string, unknown> | undefined)?.[KEY];
  return specOf(one) === specOf(other);
}
