import type { AddressPool } from "./address-pools.ts";

/** A pool with the networks that allocate from it, and the addresses in use. */
export interface PoolUse {
  /** The same for all networks that share the pool. */
  readonly key: string;
  /** The networks, by "namespace/name". */
  readonly networks: Set<string>;
  /** By node, how many addresses are in use; the node is empty if all nodes share the pool. */
  readonly taken: Map<string, number>;
}

/** The pools of all networks, each once: an address that one network has is in use for all that share the pool. */
export class PoolUses {
  readonly #byKey = new Map<string, PoolUse>();

  /** The pools of a network, in their order, from now on used by it, too. */
  acquire(network: string, pools: readonly AddressPool[]): PoolUse[] {
    return pools.map((pool, index) => {
      const use = this.#of(pool.store ?? `${network} ${index}`);
      use.networks.add(network);
      return use;
    });
  }

  /** The network no longer uses these pools; no address is in use through it. */
  release(network: string, uses: readonly PoolUse[]): void {
    for (const use of uses) {
      use.networks.delete(network);
      if (use.networks.size === 0) this.#byKey.delete(use.key);
    }
  }

  #of(key: string): PoolUse {
    const known = this.#byKey.get(key);
    if (known) return known;
    const use: PoolUse = { key, networks: new Set(), taken: new Map() };
    this.#byKey.set(key, use);
    return use;
  }
}
