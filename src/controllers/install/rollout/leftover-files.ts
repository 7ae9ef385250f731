import type { NodeInspection } from "../../../crds/node-inspection.ts";
import type { NodeFiles } from "../../../multus/node-files.ts";
import { isMultusConfName, isMultusTemporary } from "../../../node/conf-file.ts";
import { MULTUS_PROGRAMS } from "../../../node/inspect.ts";

/**
 * What an inspection shows of a previous Multus of another flavour, next to the one that runs; paths on the host. One
 * configuration alone is the one that runs, or that will be written in a moment. An installer that was killed leaves
 * an unfinished copy of a program, of 14 MB or more.
 * @param keepsPrograms the node's runtime calls them when older pods end
 */
export function leftoverFiles(
  found: NodeInspection,
  runs: NodeFiles,
  { confDir, binDir }: { confDir: string; binDir: string },
  keepsPrograms: boolean,
): string[] {
  const own = found.confFiles.filter(
    ({ name, pluginTypes = [] }) =>
      isMultusConfName(name) && pluginTypes.some((type) => type === "multus" || type === "multus-shim"),
  );
  const second = own.length > 1 ? own.slice(1).map(({ name }) => `${confDir}/${name}`) : [];
  const unfinished = found.leftovers.filter(
    (path) => path.startsWith(`${binDir}/`) && isMultusTemporary(path.slice(binDir.length + 1)),
  );
  if (keepsPrograms) return [...second, ...unfinished];
  const others = MULTUS_PROGRAMS.filter((name) => !runs.programs.includes(name)).map(
    (name) => `${binDir}/${name}`,
  );
  const gone = [...others, ...(runs.kubeconfig ? [] : [`${confDir}/multus.d`])];
  return [...second, ...unfinished, ...found.multusFiles.filter((path) => gone.includes(path))];
}
