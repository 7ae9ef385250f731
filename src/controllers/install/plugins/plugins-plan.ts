import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { PluginsStatus } from "../../../crds/multus-install/plugins-status.ts";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { counted } from "../../../crds/plural.ts";
import { hostPaths } from "../../../multus/distributions.ts";
import { pluginsImage } from "../../../multus/plugins-image.ts";
import { type PluginsProgress, type PluginsRequest, taskOwner } from "../../shared/node-tasks.ts";

/** How many failed nodes the status lists, and a warning names. */
const MAX_LISTED = 20;
const MAX_NAMED = 3;
const MAX_MESSAGE_LENGTH = 1024;

/**
 * What to install where: on a node what it lacks of what is needed, and what the operator installed there from another
 * image. Nothing on a node of which it is not known what it has.
 * @param inspections those of what is on the nodes now
 */
export function pluginsRequest(
  install: MultusInstall,
  needed: readonly string[],
  inspections: readonly NodeInspection[],
): PluginsRequest {
  const { spec } = install;
  const reference = pluginsImage(spec);
  const { pullPolicy, pullSecrets } = spec.plugins.image;
  const nodes = new Map<string, string[]>();
  for (const { node, binaries, plugins } of known(inspections)) {
    const present = new Set(binaries.map(({ name }) => name));
    const lacking = needed.filter((plugin) => !present.has(plugin));
    const outdated = plugins && plugins.image !== reference ? plugins.installed : [];
    const wanted = [...new Set([...lacking, ...outdated])].toSorted();
    if (wanted.length > 0) nodes.set(node, wanted);
  }
  return {
    owner: taskOwner(install),
    image: { reference, pullPolicy, pullSecrets },
    binDir: hostPaths(spec).binDir,
    nodes,
  };
}

/** The status of the plugins, and the warnings about them. */
export function pluginsFindings(
  { image }: PluginsRequest,
  needed: readonly string[],
  inspections: readonly NodeInspection[],
  { pending, failed }: PluginsProgress,
): { status: PluginsStatus; warnings: string[] } {
  const nodes = failed.map(({ node, message }) => ({ node, message: message.slice(0, MAX_MESSAGE_LENGTH) }));
  const named = failed
    .slice(0, MAX_NAMED)
    .map(({ node, message }) => `${node}: ${message.slice(0, 200)}`)
    .join("; ");
  return {
    status: {
      image: image.reference,
      ...(needed.length > 0 ? { needed: [...needed] } : {}),
      nodesInspected: known(inspections).length,
      pendingTotal: pending,
      failedTotal: failed.length,
      ...(nodes.length > 0 ? { failed: nodes.slice(0, MAX_LISTED) } : {}),
    },
    warnings:
      failed.length > 0
        ? [
            `CNI plugins (spec.plugins) could not be installed on ${counted(failed.length, "node")}, and the operator retries: ${named}`,
          ]
        : [],
  };
}

/** Those that list all programs of the node. */
function known(inspections: readonly NodeInspection[]): NodeInspection[] {
  return inspections.filter(({ truncated }) => !truncated.includes("binaries"));
}
