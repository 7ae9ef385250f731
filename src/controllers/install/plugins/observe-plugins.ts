import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { PluginsStatus } from "../../../crds/multus-install/plugins-status.ts";
import type { InspectionPlan, PluginsRequest } from "../../shared/node-tasks.ts";
import type { ReconcileScope } from "../scope.ts";
import { pluginsFindings, pluginsRequest } from "./plugins-plan.ts";

/** Which CNI plugins nodes lack, and how far their installation is. */
export interface ObservedPlugins {
  /** Undefined if the operator cannot install any. */
  request?: PluginsRequest;
  status?: PluginsStatus;
  warnings: readonly string[];
  againSeconds?: number;
}

const NO_NODE_IMAGE =
  "spec.plugins.install is Missing, and nothing is installed: the operator does not know its own image; start it with --node-image";

/**
 * Undefined if none are to be installed. Throws a NotSynced while it is not known which NADs there are.
 * @param plan undefined if nodes are not inspected: then it is not known what they have
 */
export async function observePlugins(
  { deps: { nodeTasks, pluginsOfNetworks } }: ReconcileScope,
  install: MultusInstall,
  plan: InspectionPlan | undefined,
): Promise<ObservedPlugins | undefined> {
  const { plugins, paused } = install.spec;
  if (plugins.install === "Off") return undefined;
  if (!nodeTasks.canRun) return { warnings: [NO_NODE_IMAGE] };
  if (!plan) return undefined;
  const needed = [...new Set([...plugins.include, ...(await pluginsOfNetworks())])].toSorted();
  const inspections = nodeTasks.inspections
    .values()
    .filter(({ node }) => plan.nodes.has(node) && nodeTasks.isCurrent(node, paused ? undefined : plan));
  const request = pluginsRequest(install, needed, inspections);
  const progress = nodeTasks.pluginsProgress(request);
  const { againSeconds } = progress;
  return {
    request,
    ...pluginsFindings(request, needed, inspections, progress),
    ...(againSeconds === undefined || paused ? {} : { againSeconds }),
  };
}
