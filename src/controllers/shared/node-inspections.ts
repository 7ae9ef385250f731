import { isDeepStrictEqual } from "node:util";
import type { NodeInspection } from "../../crds/node-inspection.ts";
import { Listeners } from "./listeners.ts";

/** That the API server has rejected Multus' token on a node, by the events of pods there. */
export interface TokenRejection {
  /** When, by the clock of the node's kubelet; ms since 1970. */
  at: number;
  /** When, by this process' clock that is never set; ms. */
  seenAt: number;
}

export type InspectionRound = "none" | "first" | "one of each";

/** The newest inspection of each node. Readers ask it; the controller of nodes fills it. */
export class NodeInspections {
  readonly #byNode = new Map<string, NodeInspection>();
  readonly #changes = new Listeners();
  readonly #rejections = new Map<string, TokenRejection>();
  readonly #suspicions = new Listeners<[node: string]>();
  /** Of the nodes that are inspected first after a start, those that are still to be; undefined until these are known. */
  #firstRound: Set<string> | undefined;

  /**
   * How far the inspections are: "none" was made, some of the "first" round are still to be made, or there is "one of each"
   * node that answers. What the nodes that are still to be inspected have is not known.
   */
  get round(): InspectionRound {
    if (this.#byNode.size === 0) return "none";
    return (this.#firstRound?.size ?? 0) > 0 ? "first" : "one of each";
  }

  /** The nodes that will be inspected, without those that were. The first that there are form the first round; later calls take nodes out of it. */
  expect(nodes: ReadonlySet<string>): void {
    if (this.#firstRound === undefined && nodes.size === 0) return;
    const round = this.#firstRound ?? nodes;
    this.#endIfEmpty(new Set([...round].filter((node) => nodes.has(node))));
  }

  /** The node could not be inspected; the others do not wait for it. */
  failed(node: string): void {
    this.#endIfEmpty(new Set([...(this.#firstRound ?? [])].filter((other) => other !== node)));
  }

  /** Undefined if the node was not inspected, or is gone. */
  get(node: string): NodeInspection | undefined {
    return this.#byNode.get(node);
  }

  values(): NodeInspection[] {
    return [...this.#byNode.values()];
  }

  /** `listener` is called when an inspection shows something else than the one before it. It only enqueues. */
  onChange(listener: () => void): void {
    this.#changes.add(listener);
  }

  /** `listener` is called for a node on which a pod got no network: what was seen there last may no longer be true. */
  onSuspicion(listener: (node: string) => void): void {
    this.#suspicions.add(listener);
  }

  /** A pod on that node got no network. */
  suspect(node: string): void {
    this.#suspicions.notify(node);
  }

  /** @param rejection the last one on that node; undefined if no event reports one any longer */
  setRejection(node: string, rejection: TokenRejection | undefined): void {
    if (isDeepStrictEqual(this.#rejections.get(node), rejection)) return;
    if (rejection === undefined) this.#rejections.delete(node);
    else this.#rejections.set(node, rejection);
    this.#changes.notify();
    if (rejection !== undefined) this.suspect(node);
  }

  rejection(node: string): TokenRejection | undefined {
    return this.#rejections.get(node);
  }

  set(inspection: NodeInspection): void {
    const before = this.#byNode.get(inspection.node);
    this.#byNode.set(inspection.node, inspection);
    this.#firstRound?.delete(inspection.node);
    if (!before || !isDeepStrictEqual({ ...before, at: "" }, { ...inspection, at: "" }))
      this.#changes.notify();
  }

  delete(node: string): void {
    this.#rejections.delete(node);
    if (this.#byNode.delete(node)) this.#changes.notify();
  }

  #endIfEmpty(left: Set<string>): void {
    const ends = left.size === 0 && (this.#firstRound?.size ?? 0) > 0;
    this.#firstRound = left;
    if (ends) this.#changes.notify();
  }
}
