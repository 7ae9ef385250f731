import type { OutcomeKind } from "../../networks/outcome/outcome.ts";
import { isWanting, kindIn, noCounts, type TurnedOut } from "../../networks/report/network-pods.ts";

/** The pods of one network in numbers, and those that its report may show. */
export interface Tally {
  counts: Readonly<Record<OutcomeKind, number>>;
  unverified: number;
  wanting: ReadonlySet<number>;
}

interface Counted extends Tally {
  counts: Record<OutcomeKind, number>;
  wanting: Set<number>;
  /** Pods that ask for it, whether they count or not. */
  pods: number;
}

/** What is counted of one pod. */
export interface CountedPod {
  slot: number;
  /** Undefined if it asks for nothing, or was not evaluated yet. */
  turned: TurnedOut | undefined;
  /** Something hinders a pod that waits. */
  isHindered: boolean;
  isUnverified: boolean;
}

/** Sums of the pods of each network, by "namespace/name", existing or not. */
export class NetworkTallies {
  readonly #byNetwork = new Map<string, Counted>();

  /** Undefined if no pod asks for the network. */
  get(network: string): Tally | undefined {
    return this.#byNetwork.get(network);
  }

  /** The networks that pods ask for. */
  networks(): Iterable<string> {
    return this.#byNetwork.keys();
  }

  /**
   * Counts a pod of the network in or out, and returns whether a pod still asks for it. What is counted out must be what
   * was counted in.
   */
  count(network: string, by: 1 | -1, { slot, turned, isHindered, isUnverified }: CountedPod): boolean {
    const tally = this.#tally(network);
    tally.pods += by;
    if (turned && turned.kind !== "not-applicable") {
      const kind = kindIn(turned, network);
      tally.counts[kind] += by;
      if (isUnverified) tally.unverified += by;
      const waitsForAnother = kind !== turned.kind && kind === "pending";
      if (isWanting(kind, isHindered || waitsForAnother)) put(tally.wanting, slot, by);
    }
    if (tally.pods > 0) return true;
    this.#byNetwork.delete(network);
    return false;
  }

  #tally(network: string): Counted {
    const known = this.#byNetwork.get(network);
    if (known) return known;
    const tally = { counts: noCounts(), unverified: 0, wanting: new Set<number>(), pods: 0 };
    this.#byNetwork.set(network, tally);
    return tally;
  }
}

/** Adds a slot to the set, or removes it. */
export function put(set: Set<number>, slot: number, by: 1 | -1): void {
  if (by > 0) set.add(slot);
  else set.delete(slot);
}
