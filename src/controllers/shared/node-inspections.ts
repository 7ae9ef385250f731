import { isDeepStrictEqual } from "node:util";
import type { NodeInspection } from "../../crds/node-inspection.ts";

/** The newest look at each node. Readers ask it; the controller of nodes fills it. */
export class NodeInspections {
  readonly #byNode = new Map<string, NodeInspection>();
  readonly #listeners: (() => void)[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #suspicions: ((node: string) => void)[] = [];

  /** Undefined where the node was not looked at, or is gone. */
  get(node: string): NodeInspection | undefined {
    return this.#byNode.get(node);
  }

  values(): NodeInspection[] {
    return [...this.#byNode.values()];
  }

  /** `listener` is called when a look shows something else than the one before it. It only enqueues. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** `listener` is called for a node on which a pod got no network: what was seen there last may not be true any more. */
  onSuspicion(listener: (node: string) => void): void {
    this.#suspicions.push(listener);
  }

  /** @param refusedAt when a pod got no network since the API server refused Multus' token; ms since 1970 */
  suspect(node: string, refusedAt?: number): void {
    const before = this.#refusals.get(node);
    if (refusedAt !== undefined && refusedAt > (before ?? 0)) {
      this.#refusals.set(node, refusedAt);
      this.#tell();
    }
    for (const listener of this.#suspicions) listener(node);
  }

  /** When the API server last refused Multus' token on a node, as far as pods tell; ms since 1970. */
  refusedAt(node: string): number | undefined {
    return this.#refusals.get(node);
  }

  set(inspection: NodeInspection): void {
    const before = this.#byNode.get(inspection.node);
    this.#byNode.set(inspection.node, inspection);
    if (!before || !isDeepStrictEqual({ ...before, at: "" }, { ...inspection, at: "" })) this.#tell();
  }

  delete(node: string): void {
    this.#refusals.delete(node);
    if (this.#byNode.delete(node)) this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
