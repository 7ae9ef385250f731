import type { PoolUse } from "../../networks/addresses/pool-uses.ts";

const TICK_MS = 100;
/** Networks that one turn checks at most. */
const MAX_CHECKED = 100;

export interface SharedPoolsOptions {
  /** Whether the report of a network, by "namespace/name", shows other numbers of its ranges than there are now. */
  isOutdated: (network: string) => boolean;
  /** Called for such a network. */
  onOutdated: (network: string) => void;
}

/**
 * Finds the reports that have to change because of the pods of other networks in the same pool: one after another, at most
 * ten a second. A pool may have one network in each of thousands of namespaces, and then one pod changes all their reports.
 * Pools take turns, so that a large one does not delay a small one.
 */
export class SharedPools {
  readonly #options: SharedPoolsOptions;
  /** Of each pool that changed, the networks that are still to be checked, in the order of the turns. */
  readonly #rounds = new Map<PoolUse, Iterator<string>>();
  /** Pools that changed again since their round began. */
  readonly #again = new Set<PoolUse>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: SharedPoolsOptions) {
    this.#options = options;
  }

  /** What is in use of the pool has changed, or by whom. */
  changed(pool: PoolUse): void {
    if (this.#isStopped) return;
    if (this.#rounds.has(pool)) this.#again.add(pool);
    else this.#rounds.set(pool, pool.networks[Symbol.iterator]());
    this.#timer ??= setTimeout(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rounds.clear();
    this.#again.clear();
  }

  #tick(): void {
    this.#timer = undefined;
    const found = this.#next();
    const [pool, networks] = this.#rounds.entries().next().value ?? [];
    if (!pool || !networks) return;
    this.#rounds.delete(pool);
    this.#rounds.set(pool, networks);
    this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    if (found !== undefined) this.#options.onOutdated(found);
  }

  /** The next network whose report shows other numbers, if one of this turn does. */
  #next(): string | undefined {
    for (let left = MAX_CHECKED; left > 0; left--) {
      const [pool, networks] = this.#rounds.entries().next().value ?? [];
      if (!pool || !networks) return undefined;
      const { value: network, done } = networks.next();
      if (done) this.#end(pool);
      else if (this.#options.isOutdated(network)) return network;
    }
    return undefined;
  }

  #end(pool: PoolUse): void {
    this.#rounds.delete(pool);
    if (this.#again.delete(pool)) this.#rounds.set(pool, pool.networks[Symbol.iterator]());
  }
}
