import type { AddressPool } from "./address-pools.ts";

/** How many addresses are in use on a node; the node is empty if all nodes share the pool, or none is in use. */
interface Fullest {
  node: string;
  used: number;
}

const NONE: Fullest = { node: "", used: 0 };

/**
 * A pool with the networks that allocate from it, and the addresses in use. A tenant may write a hundred thousand pools into
 * NADs, so one that only one network has, and no pod, takes few bytes.
 */
export class PoolUse {
  /** The same for all networks that share the pool. */
  readonly key: string;
  #only: string | undefined;
  #several: Set<string> | undefined;
  /** By node. */
  #taken: Map<string, number> | undefined;
  /** Undefined if it is not known. Thousands of networks ask for it, and there may be thousands of nodes. */
  #fullest: Fullest | undefined = NONE;

  constructor(key: string) {
    this.key = key;
  }

  /** How many networks have the pool. */
  get size(): number {
    return this.#several?.size ?? (this.#only === undefined ? 0 : 1);
  }

  /** The networks, by "namespace/name". */
  get networks(): Iterable<string> {
    return this.#several ?? (this.#only === undefined ? [] : [this.#only]);
  }

  add(network: string): void {
    if (this.#several) this.#several.add(network);
    else if (this.#only === undefined || this.#only === network) this.#only = network;
    else this.#several = new Set([this.#only, network]);
  }

  delete(network: string): void {
    if (this.#several) this.#several.delete(network);
    else if (this.#only === network) this.#only = undefined;
  }

  /** One more address is in use there, or one less. */
  count(node: string, by: 1 | -1): void {
    this.#taken ??= new Map();
    const now = (this.#taken.get(node) ?? 0) + by;
    if (now > 0) this.#taken.set(node, now);
    else this.#taken.delete(node);
    this.#fullest = undefined;
  }

  /** What is in use on the node with the most, of several the first by name. */
  get fullest(): Fullest {
    this.#fullest ??= fullestOf(this.#taken ?? []);
    return this.#fullest;
  }
}

function fullestOf(taken: Iterable<[string, number]>): Fullest {
  let [node, used] = ["", 0];
  for (const [each, count] of taken)
    if (count > used || (count === used && each < node)) [node, used] = [each, count];
  return { node, used };
}

/** The pools of all networks, each once: an address that one network has is in use for all that share the pool. */
export class PoolUses {
  readonly #byKey = new Map<string, PoolUse>();

  /** The pools of a network, in their order, from now on used by it, too. */
  acquire(network: string, pools: readonly AddressPool[]): PoolUse[] {
    return pools.map((pool, index) => {
      const use = this.#of(pool.store ?? `${network} ${index}`);
      use.add(network);
      return use;
    });
  }

  /** The network no longer uses these pools; no address is in use through it. */
  release(network: string, uses: readonly PoolUse[]): void {
    for (const use of uses) {
      use.delete(network);
      if (use.size === 0) this.#byKey.delete(use.key);
    }
  }

  #of(key: string): PoolUse {
    const known = this.#byKey.get(key);
    if (known) return known;
    const use = new PoolUse(key);
    this.#byKey.set(key, use);
    return use;
  }
}
