import { z } from "zod";
import type { KubeObject } from "../crds/kube-object.ts";
import { type MultusInstall, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { binDirectory, confDirectory } from "../crds/multus-install/permitted-host-paths.ts";
import { type PreviousDirectories, previousDirectories } from "../multus/previous-directories.ts";
import { ownerLabels } from "./labels.ts";

/** The ConfigMap that keeps what a rollback restores. */
export const LAST_COMPLETE = "multus-last-complete";
const KEY = "spec.json";
const PREVIOUS_KEY = "previous-directories.json";

const previousSchema = z.object({
  confDir: confDirectory().optional(),
  binDir: binDirectory().optional(),
  onlyWithoutMultus: z.boolean().optional(),
});

/** Directories that an install no longer has and that may not be clean on every node. */
export interface UncleanDirectories {
  directories: PreviousDirectories;
  /** Every node that has Multus is clean: only nodes without it may not be, and a deletion cleans those. */
  onlyWithoutMultus: boolean;
}

/**
 * The spec of an install that runs on every node. The fields that say how to roll out are not part of it.
 * @param unclean directories of an earlier spec that are not clean on every node
 */
export function lastComplete(install: MultusInstall, unclean?: UncleanDirectories): KubeObject {
  const { rollout: _, paused: __, adopt: ___, ...spec } = install.spec;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: LAST_COMPLETE,
      namespace: install.spec.namespace,
      labels: ownerLabels(install),
    },
    data: {
      [KEY]: JSON.stringify(spec),
      ...(unclean ? { [PREVIOUS_KEY]: textOf(unclean) } : {}),
    },
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

/**
 * The directories that an install no longer has and that may not be clean on every node: those of the spec that ran
 * completely before, and those that could not be cleaned since. One of each kind is kept, the last.
 */
export function uncleanDirectories(
  install: MultusInstall,
  configMap: { [field: string]: unknown } | undefined,
): UncleanDirectories | undefined {
  const before = restored(install, configMap);
  const changed = before && previousDirectories(install.spec, before.spec);
  const recorded = recordedDirectories(install, configMap);
  if (!changed) return recorded;
  // In the order in which they are read again: by their text a change is distinguished.
  const { confDir, binDir }: PreviousDirectories = { ...recorded?.directories, ...changed };
  const directories = { ...(confDir ? { confDir } : {}), ...(binDir ? { binDir } : {}) };
  return { directories, onlyWithoutMultus: false };
}

function recordedDirectories(
  install: MultusInstall,
  configMap: { [field: string]: unknown } | undefined,
): UncleanDirectories | undefined {
  const data = configMap?.data as Record<string, unknown> | undefined;
  const text = data?.[PREVIOUS_KEY];
  if (typeof text !== "string") return undefined;
  try {
    const { onlyWithoutMultus = false, ...recorded } = previousSchema.parse(JSON.parse(text));
    const directories = unused(install, recorded);
    return directories && { directories, onlyWithoutMultus };
  } catch {
    return undefined; // it was changed by hand
  }
}

/** Whether two such ConfigMaps, of which one may not be there, keep the same spec. */
export function isSameSpec(one: { [field: string]: unknown } | undefined, other: KubeObject): boolean {
  const specOf = (object: typeof one) => (object?.data as Record<string, unknown> | undefined)?.[KEY];
  return specOf(one) === specOf(other);
}

function textOf({ directories, onlyWithoutMultus }: UncleanDirectories): string {
  return JSON.stringify({ ...directories, ...(onlyWithoutMultus ? { onlyWithoutMultus } : {}) });
}

/** Those of the directories that the install does not have again. */
function unused(
  { spec }: MultusInstall,
  { confDir, binDir }: Pick<z.output<typeof previousSchema>, "confDir" | "binDir">,
): PreviousDirectories | undefined {
  const { cni } = spec;
  const earlier = {
    ...spec,
    cni: { ...cni, ...(confDir ? { confDir } : {}), ...(binDir ? { binDir } : {}) },
  };
  return previousDirectories(spec, earlier);
}
