import { ApiError } from "../../../kube/errors.ts";
import { NODES } from "../../../kube/resource.ts";
import type { InstallWithStatus } from "../cluster/install.ts";
import { requireReadable } from "../cluster/missing-permissions.ts";
import { multusByNode } from "../cluster/multus-pod.ts";
import { PermittedReader } from "../cluster/permitted-reader.ts";
import { UsageError } from "../errors.ts";
import type { Session } from "../session.ts";

/** The nodes whose log the user asks for. */
export interface NodeChoice {
  /** As an argument, and as --node. */
  named: readonly (string | undefined)[];
  allNodes?: boolean | undefined;
  /** Labels of nodes. */
  selector?: string | undefined;
}

/** What the user asks for: one node by its name, or many. Throws a UsageError if it is neither, or both. */
export function nodeChoice({ named, allNodes = false, selector }: NodeChoice): { node?: string } {
  const names = [...new Set(named.filter((name) => name !== undefined))];
  if (names.length > 1) throw new UsageError(`two nodes are named, ${names.join(" and ")}: name one`);
  const [node] = names;
  const isMany = allNodes || selector !== undefined;
  if (node !== undefined && isMany) throw new UsageError("name a node, or use --all-nodes or -l: not both");
  if (node === undefined && !isMany)
    throw new UsageError(
      "name the node: kubectl multus logs NODE (kubectl multus nodes lists them), or use --all-nodes",
    );
  return node === undefined ? {} : { node };
}

/** The node if it exists, else those of the selector that have a Multus pod, by name. Throws a UsageError if there is none. */
export async function existingNodes(
  session: Session,
  install: InstallWithStatus,
  node: string | undefined,
  selector: string | undefined,
): Promise<string[]> {
  if (node === undefined) return await nodesWithMultus(session, install, selector);
  await requireNode(session, node);
  return [node];
}

async function nodesWithMultus(
  { client }: Session,
  install: InstallWithStatus,
  selector: string | undefined,
): Promise<string[]> {
  const reader = new PermittedReader(client);
  const where = selector === undefined ? {} : { labelSelector: selector };
  const [nodes, multus] = await Promise.all([
    reader.all(NODES, where, ({ metadata }) => metadata.name),
    multusByNode(reader, install),
  ]);
  const running = requireReadable(reader, multus);
  const found = requireReadable(reader, nodes).filter((name) => running.has(name));
  if (found.length === 0)
    throw new UsageError(
      `no Multus pod runs on a node${selector === undefined ? "" : ` with the labels ${selector}`}: kubectl multus nodes shows the nodes`,
    );
  return found.toSorted();
}

/** Otherwise a typing error in a node's name would be a pod that waits forever. */
async function requireNode({ client }: Session, node: string): Promise<void> {
  try {
    if (await client.get({ type: NODES, name: node })) return;
    const { items } = await client.list(NODES);
    const names = items.map(({ metadata }) => metadata.name);
    const shown = names.length > 20 ? `${names.slice(0, 20).join(", ")} …` : names.join(", ");
    throw new UsageError(`there is no node ${node} (existing: ${shown})`);
  } catch (error) {
    // A user who may create pods need not be allowed to list nodes.
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
  }
}
