import { isDeepStrictEqual } from "node:util";
import { type NodeView, nodeView } from "../../diagnosis/node.ts";
import type { KubeClient } from "../../kube/client.ts";
import { NotSynced } from "../../kube/errors.ts";
import { NODES } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import { nodeView as offersOf } from "../../networks/cross-checks/node-view.ts";
import type { SeenNode } from "../../networks/cross-checks/view.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { Listeners } from "./listeners.ts";
import { ReflectorCache } from "./reflector-cache.ts";
import { synced } from "./synced.ts";

/** One node: as far as Multus' life depends on it, and what its device plugins offer. */
interface CachedNode {
  life: NodeView;
  offers: SeenNode;
}

/**
 * The cluster's nodes: the one watch of them. Their kubelets renew them all the time: only what the views show counts
 * as a change.
 */
export class NodeCache extends ReflectorCache<CachedNode> {
  protected readonly reflector: Reflector<CachedNode>;
  readonly #known = new Map<string, CachedNode>();
  readonly #lives = new Listeners<[name: string]>();
  readonly #offers = new Listeners<[name: string]>();

  constructor(client: KubeClient, log: Logger) {
    super();
    this.reflector = new Reflector<CachedNode>({
      client,
      log,
      type: NODES,
      project: (object) => ({ life: nodeView(object), offers: offersOf(object) }),
      onChange: (name, node) => this.#changed(name, node),
      onSync: () => this.syncs.notify(),
    });
  }

  /** `listener` is called with the name of a node that came, went, or changed its view. */
  onChange(listener: (name: string) => void): void {
    this.#lives.add(listener);
  }

  /** `listener` is called with the name of a node that came, went, or offers something else. */
  onOffersChange(listener: (name: string) => void): void {
    this.#offers.add(listener);
  }

  /** All of them; the first call starts the watch. Throws a NotSynced while they are not known. */
  async all(signal: AbortSignal): Promise<readonly NodeView[]> {
    this.start();
    await synced([this], signal);
    return this.reflector.values().map(({ life }) => life);
  }

  /** What the nodes offer that were seen so far. */
  offers(): SeenNode[] {
    return this.reflector.values().map(({ offers }) => offers);
  }

  /** The node as last seen, or undefined if there is none. Throws a NotSynced before the nodes were listed once. */
  get(name: string): NodeView | undefined {
    if (!this.reflector.isListed) throw new NotSynced(this.reflector.resource, "TimedOut");
    return this.reflector.get(name)?.life;
  }

  /** Whether there is a node of that name; undefined while that is not known. */
  has(name: string): boolean | undefined {
    return this.reflector.isSynced ? this.reflector.get(name) !== undefined : undefined;
  }

  #changed(name: string, node: CachedNode | undefined): void {
    const before = this.#known.get(name);
    if (node) this.#known.set(name, node);
    else this.#known.delete(name);
    if (!isDeepStrictEqual(before?.life, node?.life)) this.#lives.notify(name);
    if (!isDeepStrictEqual(before?.offers, node?.offers)) this.#offers.notify(name);
  }
}
