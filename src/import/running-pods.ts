import { isDeepStrictEqual } from "node:util";
import diff from "microdiff";
import type { KubeObject } from "../crds/kube-object.ts";
import { type MultusInstall, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { hostPaths } from "../multus/distributions.ts";
import { RenderError } from "../render/errors.ts";
import { renderInstall } from "../render/render.ts";
import { ImportError } from "./errors.ts";
import { importInstall } from "./import.ts";

/** The fields of a spec that say how a Multus pod runs, but for those of the workload below. */
const OF_PODS = [
  "version",
  "mode",
  "image",
  "primaryNetwork",
  "cni",
  "isolation",
  "logging",
  "entrypoint",
  "daemon",
  "workload",
] as const;
/** Fields of the workload that are not the pods'. */
const NOT_OF_PODS = /^workload\.(updateStrategy|architectures)(\.|$)/;

/**
 * In what the pods of a DaemonSet that was found in the cluster differ from those that an install wants; none
 * where they run Multus just so, however their manifest puts it (flags that say a default, mounts that nobody
 * reads, names of volumes). Each a field with what is there and what is wanted.
 *
 * @param daemonSet as found
 * @param configMaps those that it may mount, as found
 */
export function podDifferences(
  install: MultusInstall,
  daemonSet: KubeObject,
  configMaps: readonly KubeObject[],
): string[] {
  let imported: ReturnType<typeof importInstall>;
  try {
    imported = importInstall([daemonSet, ...configMaps]);
  } catch (error) {
    if (error instanceof ImportError) return [error.message];
    throw error;
  }
  const unlike = imported.findings
    .filter(({ same }) => !same)
    .map(({ path, message }) => `${path}: ${message}`);
  if (unlike.length > 0) return unlike;
  const found = parseMultusInstall(imported.install);
  if (!found.ok) return found.problems.map(({ path, message }) => `${path}: ${message}`);
  const { name } = daemonSet.metadata;
  if (isDeepStrictEqual(templateOf(found.value, name), templateOf(install, name))) return [];
  return fieldDifferences(found.value.spec, install.spec);
}

function templateOf(install: MultusInstall, name: string): unknown {
  try {
    const object = renderInstall(install).objects.find(
      ({ kind, metadata }) => kind === "DaemonSet" && metadata.name === name,
    );
    return (object?.spec as { template?: unknown } | undefined)?.template;
  } catch (error) {
    if (error instanceof RenderError) return undefined;
    throw error;
  }
}

function fieldDifferences(found: MultusInstall["spec"], wanted: MultusInstall["spec"]): string[] {
  const parts = (spec: MultusInstall["spec"]) => ({
    ...Object.fromEntries(OF_PODS.map((key) => [key, spec[key] ?? {}])),
    // A distribution is its directories.
    cni: { ...spec.cni, ...hostPaths(spec) },
  });
  const lines = diff(parts(found), parts(wanted)).flatMap((change) => {
    const path = change.path.join(".");
    if (NOT_OF_PODS.test(path)) return [];
    const before = change.type === "CREATE" ? "not set" : JSON.stringify(change.oldValue);
    const after = change.type === "REMOVE" ? "not set" : JSON.stringify(change.value);
    return [`spec.${path}: found ${before}, expected ${after}`];
  });
  return lines.length > 0 ? lines : ["the pod template"];
}
