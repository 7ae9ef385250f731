import type { Tone } from "./color.ts";
import { type TableOptions, table } from "./table.ts";

/** One node as `kubectl multus nodes` shows it. */
export interface ShownNode {
  name: string;
  /** The node's own condition; undefined if it is not known. */
  ready: boolean | undefined;
  multus: "Ready" | "NotReady" | "Absent" | "Unknown";
  /** The Multus pod there; empty if there is none. */
  pod: string;
  /** Of the pods there that request networks; undefined if pods may not be read. */
  pods: { requesting: number; failing: number } | undefined;
  /** "plugin macvlan (shop/lan)": what networks need and the node does not have. */
  lacks: readonly string[];
  /** What is wrong with Multus there; empty if nothing is known to be. */
  message: string;
}

export interface NodesTableOptions extends TableOptions {
  wide: boolean;
}

/** One line per node. */
export function nodesTable(nodes: readonly ShownNode[], { wide, ...options }: NodesTableOptions): string {
  const columns = ["node", "ready", "multus", "requesting", "failing", ...(wide ? ["pod"] : []), "message"];
  return table(
    columns,
    nodes.map(({ name, ready, multus, pods, pod, lacks, message }) => [
      name,
      ready === undefined ? "Unknown" : ready ? "True" : "False",
      multus,
      pods ? String(pods.requesting) : "",
      pods ? String(pods.failing) : "",
      ...(wide ? [pod] : []),
      [message, lacks.length > 0 ? `lacks ${lacks.join(", ")}` : ""].filter(Boolean).join("; "),
    ]),
    { toneOf, ...options },
  );
}

function toneOf(column: string, cell: string): Tone | undefined {
  if (column === "ready") return cell === "True" ? "good" : cell === "False" ? "bad" : "doubtful";
  if (column === "multus") return cell === "Ready" ? "good" : cell === "NotReady" ? "bad" : "doubtful";
  return column === "failing" && cell !== "0" && cell !== "-" ? "bad" : undefined;
}

/** The same for scripts. */
export function nodeData({ name, ready, multus, pod, pods, lacks, message }: ShownNode): object {
  return { node: name, ready: ready ?? null, multus, pod, pods: pods ?? null, lacks, message };
}
