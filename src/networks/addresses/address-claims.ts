import { parseAddress } from "../../cni/address.ts";
import { type AddressRange, MOST } from "../../crds/network-attachment-report/report.ts";
import type { Network } from "../cross-checks/network.ts";
import { type AddressPool, isDynamic, type NodeUse, poolOf, poolsOf, rangesOf } from "./address-pools.ts";
import { ClaimTable } from "./claim-table.ts";
import { DuplicateClaims } from "./duplicate-claims.ts";
import { claimsOn, type Layer2 } from "./layer2-claims.ts";
import { type PoolUse, PoolUses } from "./pool-uses.ts";

/** What a pod has in one network. */
export interface Held {
  ips: readonly string[];
  mac?: string | undefined;
}

/** How a network hands addresses out, as it was when its pods came in. */
interface Rules {
  cniName: string | undefined;
  pools: readonly AddressPool[];
  layer2: Layer2 | undefined;
}

interface Use extends Rules {
  /** What is taken of each pool that a report shows. */
  uses: readonly PoolUse[];
  /** Pods with addresses in no pool, and how many of those each has. */
  outside: Map<number, number>;
}

/** A pod on a node that gets addresses or loses them. */
interface PodChange {
  slot: number;
  node: string;
  by: 1 | -1;
}

const NO_RULES: Rules = { cniName: undefined, pools: [], layer2: undefined };

/**
 * The addresses that pods have in networks, counted as pods come and go: how full each range is, what lies in no range,
 * and what several pods of a layer-2 network have. What a pod had is taken out by the rules under which it was put in.
 * Networks that share a pool share what is counted of it.
 */
export class AddressClaims {
  readonly #rulesOf: (network: string) => { network: Network; layer2: Layer2 | undefined } | undefined;
  readonly #onShared: (pool: PoolUse) => void;
  readonly #uses = new Map<string, Use>();
  readonly #pools = new PoolUses();
  /** Addresses by pool and node. */
  readonly #addresses: ClaimTable;
  readonly #wires: DuplicateClaims;

  /**
   * @param rulesOf the network by "namespace/name" as it is configured; undefined if there is none
   * @param salt a number that tenants cannot know
   * @param onShared called when what is known of a pool has changed that several networks share, or no longer share
   */
  constructor(
    rulesOf: (network: string) => { network: Network; layer2: Layer2 | undefined } | undefined,
    salt: number,
    onShared: (pool: PoolUse) => void = () => {},
  ) {
    this.#rulesOf = rulesOf;
    this.#onShared = onShared;
    this.#addresses = new ClaimTable(salt);
    this.#wires = new DuplicateClaims(salt);
  }

  /** The name that Multus v3 reports for the network; undefined if there is no such network. */
  cniName(network: string): string | undefined {
    return this.#use(network).cniName;
  }

  /** Whether addresses of the network are of any use. */
  counts(network: string): boolean {
    const { pools, layer2 } = this.#use(network);
    return pools.length > 0 || layer2 !== undefined;
  }

  /** No pod requests the network any longer. One that exists still shares its pools. */
  unrequested(network: string): void {
    if (this.#rulesOf(network) === undefined) this.forget(network);
  }

  /** The network is configured in another way, or is gone. None of its pods may be in. */
  forget(network: string): void {
    const uses = this.#uses.get(network)?.uses ?? [];
    this.#uses.delete(network);
    this.#pools.release(network, uses);
    for (const pool of uses) if (pool.size === 1) this.#onShared(pool);
  }

  add(network: string, slot: number, node: string, held: Held): void {
    this.#change(network, held, { slot, node, by: 1 });
  }

  remove(network: string, slot: number, node: string, held: Held): void {
    this.#change(network, held, { slot, node, by: -1 });
  }

  /** The network's ranges, and how full each is. */
  ranges(network: string): AddressRange[] {
    const { pools, uses } = this.#use(network);
    return rangesOf(pools.slice(0, uses.length), uses.map(nodeUseOf));
  }

  /** The keys of the pools of the network's ranges, in their order. */
  pools(network: string): string[] {
    return this.#use(network).uses.map(({ key }) => key);
  }

  /** Whether these ranges of the network, or the first of them, are as full as they were. */
  isAsFull(network: string, ranges: readonly AddressRange[]): boolean {
    const { uses } = this.#use(network);
    return ranges.every(({ used, shared = false, node = "" }, index) => {
      const pool = uses[index];
      const now = pool && nodeUseOf(pool);
      return now?.used === used && now.node === node && now.isShared === shared;
    });
  }

  /** The pods that have addresses in no range, with how many. */
  outside(network: string): ReadonlyMap<number, number> {
    return this.#use(network).outside;
  }

  /** Whether an address lies in none of the network's ranges. */
  isOutside(network: string, ip: string): boolean {
    const { pools } = this.#use(network);
    const found = parseAddress(ip);
    return found !== undefined && poolOf(pools, found) < 0;
  }

  /** Addresses of the network's layer-2 network that several pods have. */
  *duplicates(network: string): Generator<{ address: string; slots: readonly number[] }> {
    const { layer2 } = this.#use(network);
    for (const [claim, owners] of layer2 ? this.#wires.duplicates(layer2.name) : [])
      yield { address: claim.slice(claim.indexOf(" ") + 1), slots: [...owners.keys()] };
  }

  #use(network: string): Use {
    const known = this.#uses.get(network);
    if (known) return known;
    const found = this.#rulesOf(network);
    const pools = found ? poolsOf(found.network) : [];
    const rules = found ? { cniName: found.network.networkName, pools, layer2: found.layer2 } : NO_RULES;
    const uses = this.#pools.acquire(network, pools.slice(0, MOST.ranges));
    const use = { ...rules, uses, outside: new Map() };
    this.#uses.set(network, use);
    for (const pool of uses) if (pool.size === 2) this.#onShared(pool);
    return use;
  }

  #change(network: string, { ips, mac }: Held, change: PodChange): void {
    const use = this.#use(network);
    if (use.pools.length > 0) for (const ip of ips) this.#changeAddress(use, ip, change);
    const { layer2 } = use;
    if (!layer2) return;
    const { slot, node, by } = change;
    for (const claim of claimsOn(layer2, node, ips, mac))
      if (by > 0) this.#wires.add(layer2.name, claim, slot);
      else this.#wires.remove(layer2.name, claim, slot);
  }

  #changeAddress(use: Use, ip: string, { slot, node, by }: PodChange): void {
    const found = parseAddress(ip);
    if (!found) return;
    const index = poolOf(use.pools, found);
    const pool = use.pools[index];
    if (!pool) {
      if (isDynamic(use.pools)) change(use.outside, slot, by);
      return;
    }
    const poolUse = use.uses[index];
    if (!poolUse) return;
    const place = pool.perNode ? node : "";
    const claim = `${poolUse.key} ${place} ${found.value}`;
    const before = this.#addresses.get(claim)?.count ?? 0;
    const after = Math.max(0, before + by);
    this.#addresses.set(claim, slot, after);
    if (before > 0 === after > 0) return;
    poolUse.count(place, by);
    if (poolUse.size > 1) this.#onShared(poolUse);
  }
}

/** Counts up or down; what is 0 is not kept. */
function change<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now > 0) counts.set(key, now);
  else counts.delete(key);
}

function nodeUseOf({ fullest, size }: PoolUse): Required<NodeUse> {
  return { ...fullest, isShared: size > 1 };
}
