import { Command } from "commander";
import { compareTexts } from "../../crds/compare-texts.ts";
import type { ReportStatus } from "../../crds/network-attachment-report/report.ts";
import { nodeData, nodesTable, type ShownNode } from "../../display/nodes.ts";
import { isFailing } from "../../display/pods.ts";
import { type ApiObject, NODES } from "../../kube/resource.ts";
import {
  type CollectedNetworks,
  type CollectedPod,
  collectNetworks,
  collectPods,
} from "./cluster/collect.ts";
import { findInstall, type InstallWithStatus } from "./cluster/install.ts";
import { requireReadable, warnMissingPermissions } from "./cluster/missing-permissions.ts";
import { multusByNode } from "./cluster/multus-pod.ts";
import { PermittedReader } from "./cluster/permitted-reader.ts";
import { type OutputFormat, outputOption } from "./output.ts";
import { type CommonOptions, inSession } from "./session.ts";
import { show } from "./watch.ts";

interface NodesOptions extends CommonOptions {
  output?: OutputFormat;
  selector?: string;
  headers: boolean;
  watch?: true;
}

interface ApiNode extends ApiObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** `nodes`: Multus on each node, and the pods there. */
export function nodesCommand(): Command {
  const command = new Command("nodes")
    .description(
      "show on which nodes Multus is ready, what they lack, and whether their pods have their networks",
    )
    .option("-l, --selector <selector>", "only nodes with these labels")
    .option("--no-headers", "leave out the line that names the columns")
    .option("-w, --watch", "print again what changes, until Ctrl-C")
    .addOption(outputOption("text", "wide", "name", "json", "yaml"))
    .addHelpText(
      "after",
      `
MULTUS: Ready, NotReady, Absent (no Multus pod runs there) or Unknown (pods cannot be read). REQUESTING and FAILING
count the pods there that request networks, and those of them that are missing one or need a restart.

Examples:
  kubectl multus nodes
  kubectl multus nodes -o json | jq -r '.[] | select(.multus != "Ready") | .node'`,
    );
  inSession<NodesOptions>(command, async ({ client }, options) =>
    show(options, true, async () => {
      const reader = new PermittedReader(client);
      const nodes = await shownNodes(reader, options.selector);
      warnMissingPermissions(reader);
      return {
        view: {
          data: () => nodes.map(nodeData),
          names: () => nodes.map(({ name }) => `node/${name}`),
          text: (paint) =>
            nodes.length > 0
              ? nodesTable(nodes, { wide: options.output === "wide", headers: options.headers, paint })
              : "No node matches.\n",
        },
      };
    }),
  );
  return command;
}

/** The nodes with these labels, or all. */
export async function shownNodes(
  reader: PermittedReader,
  selector: string | undefined,
): Promise<ShownNode[]> {
  const found = await reader.tryRead(() => findInstall(reader.client));
  const install = found?.install;
  const networks = await collectNetworks(reader, undefined);
  const [nodes, multus, pods] = await Promise.all([
    reader.all(NODES, selector === undefined ? {} : { labelSelector: selector }, (node) => node as ApiNode),
    multusByNode(reader, install),
    podsOf(reader, networks, install),
  ]);
  const lacking = lacksByNode(networks?.reports.values() ?? []);
  return requireReadable(reader, nodes)
    .map(({ metadata: { name }, status }) => {
      const ready = status?.conditions?.find(({ type }) => type === "Ready");
      const there = multus?.get(name);
      const own = pods?.filter(({ node }) => node === name);
      const issue = install?.status.nodes?.unhealthy?.find(({ node }) => node === name)?.message;
      return {
        name,
        ready: ready && ready.status === "True",
        multus: multusState(multus !== undefined, there?.state),
        pod: there && there.state !== "absent" ? there.pod : "",
        pods: own && { requesting: own.length, failing: own.filter(isFailing).length },
        lacks: lacking.get(name) ?? [],
        message: [issue ?? (there?.state === "unready" ? there.why : ""), pluginIssue(install, name)]
          .filter(Boolean)
          .join("; "),
      };
    })
    .toSorted((a, b) => compareTexts(a.name, b.name));
}

/** Why plugins could not be installed there (spec.plugins); empty if they could. */
function pluginIssue(install: InstallWithStatus | undefined, node: string): string {
  const failed = install?.status.plugins?.failed?.find((entry) => entry.node === node);
  return failed ? `CNI plugins not installed: ${failed.message}` : "";
}

function multusState(known: boolean, state: "ready" | "unready" | "absent" | undefined): ShownNode["multus"] {
  if (!known) return "Unknown";
  return state === "ready" ? "Ready" : state === "unready" ? "NotReady" : "Absent";
}

/** Pods that request networks, without those to which that does not apply. */
async function podsOf(
  reader: PermittedReader,
  networks: CollectedNetworks | undefined,
  install: InstallWithStatus | undefined,
): Promise<CollectedPod[] | undefined> {
  const pods = await collectPods(reader, { namespace: undefined, networks, install });
  return pods?.filter(({ outcome }) => outcome.kind !== "not-applicable");
}

function lacksByNode(reports: Iterable<ReportStatus>): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  for (const { nodesLacking = [] } of reports)
    for (const { node, lacks } of nodesLacking)
      for (const what of lacks) found.set(node, (found.get(node) ?? new Set()).add(what));
  return new Map([...found].map(([node, lacks]) => [node, [...lacks].toSorted()]));
}
