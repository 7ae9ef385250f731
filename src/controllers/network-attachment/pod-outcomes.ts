import type { AddressClaims } from "../../networks/addresses/address-claims.ts";
import type { Duplicate } from "../../networks/addresses/duplicates.ts";
import type { NetworkFacts } from "../../networks/outcome/attachments.ts";
import { OUTCOMES, type OutcomeKind, outcomeOf, type PodOutcome } from "../../networks/outcome/outcome.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";
import type { Isolation } from "../../networks/pod-request/isolation.ts";
import type { PodTable } from "../../networks/pod-table/pod-table.ts";
import { grown } from "../../networks/pod-table/slots.ts";
import { statusOf } from "../../networks/pod-view/packed-status.ts";
import { type PodView, podFacts } from "../../networks/pod-view/pod-view.ts";
import {
  evidenceIn,
  isWanting,
  kindIn,
  type NetworkPods,
  noCounts,
  type ReportedPod,
  type TurnedOut,
} from "../../networks/report/network-pods.ts";
import { isFailing, type SummedPods } from "../../networks/summary.ts";

export interface Transition {
  /** "namespace/name". */
  pod: string;
  view: PodView;
  before: TurnedOut | undefined;
  after: TurnedOut & { evidence: string };
}

export interface PodOutcomesOptions {
  pods: PodTable;
  claims: AddressClaims;
  network: (namespace: string, name: string) => NetworkFacts | undefined;
  failure: (podUid: string) => SandboxFailure | undefined;
  isolation: () => Isolation;
  /** A network, by "namespace/name", whose pods changed. */
  onNetwork: (key: string) => void;
  /** A pod's outcome became another kind, or another for the sake of another network. */
  onTransition: (transition: Transition) => void;
}

const KINDS = Object.keys(OUTCOMES) as OutcomeKind[];
/** A pod that asks for nothing, or was not looked at yet. */
const NONE = 0;

/** The pods of one network in numbers, and those that its report may show. */
interface Tally {
  counts: Record<OutcomeKind, number>;
  unverified: number;
  wanting: Set<number>;
  /** Pods that ask for it, whether they count or not. */
  pods: number;
}

/**
 * What became of every pod that asks for networks, and of each network, sums that change with its pods: also of NADs that
 * do not exist. What is said about a pod is not kept but found again when it is shown.
 */
export class PodOutcomes {
  readonly #options: PodOutcomesOptions;
  readonly #pods: PodTable;
  /** Of each slot, the kind's number in KINDS and 1; NONE if it is in no sum. */
  #kinds = new Uint8Array(0);
  /** Whether the slot's pod is in the sums. */
  #isIn = new Uint8Array(0);
  /** Whether something hinders a pod that waits. */
  #isHindered = new Uint8Array(0);
  /** The NAD that the outcome of a slot turns on, if it is one. */
  readonly #turnsOn = new Map<number, string>();
  readonly #tallies = new Map<string, Tally>();
  readonly #counts = noCounts();
  readonly #failing = new Set<number>();

  constructor(options: PodOutcomesOptions) {
    this.#options = options;
    this.#pods = options.pods;
  }

  /** Looks at a pod again, whatever became of it. */
  update(slot: number): void {
    this.leaves(slot);
    this.enters(slot);
  }

  /** Takes a pod out of the sums, before its record changes. */
  leaves(slot: number): void {
    if (this.#isIn[slot] !== 1) return;
    this.#isIn[slot] = 0;
    this.#sum(slot, -1);
  }

  /** Puts a pod into the sums. */
  enters(slot: number): void {
    if (slot >= this.#kinds.length) this.#grow();
    const pod = this.#pods.key(slot);
    const view = this.#pods.view(slot);
    const before = this.#turned(slot);
    const asks = !(view.request.ok && view.request.requests.length === 0);
    const failure = asks ? this.#options.failure(view.uid) : undefined;
    const after = asks ? this.#outcomeOf(pod, view, failure) : undefined;
    this.#kinds[slot] = after ? KINDS.indexOf(after.kind) + 1 : NONE;
    this.#isHindered[slot] = failure ? 1 : 0;
    if (after?.network === undefined) this.#turnsOn.delete(slot);
    else this.#turnsOn.set(slot, after.network);
    this.#isIn[slot] = 1;
    this.#sum(slot, 1, view);
    if (after && (before?.kind !== after.kind || before.network !== after.network))
      this.#options.onTransition({ pod, view, before, after });
  }

  /** A pod is gone; it has left. */
  gone(slot: number): void {
    if (slot >= this.#kinds.length) return;
    this.#kinds[slot] = NONE;
    this.#turnsOn.delete(slot);
  }

  /** The slots of the pods that ask for a NAD. */
  slotsOf(network: string): number[] {
    if (!this.#tallies.has(network)) return [];
    return [...this.#pods.slots()].filter((slot) => this.#pods.networks(slot).includes(network));
  }

  /** The networks that pods ask for, existing or not. */
  networks(): Iterable<string> {
    return this.#tallies.keys();
  }

  /** How many pods have a network. */
  attached(network: string): number {
    const { attached = 0, "restart-needed": restart = 0 } = this.#tallies.get(network)?.counts ?? {};
    return attached + restart;
  }

  /** The pods of a NAD for its report. */
  reported(network: string): NetworkPods {
    const tally = this.#tallies.get(network);
    if (!tally) return { counts: noCounts(), unverified: 0, wanting: [] };
    const wanting = [...tally.wanting].map((slot) => this.#shown(slot, network));
    return { counts: tally.counts, unverified: tally.unverified, wanting };
  }

  /** Addresses on the network's layer-2 network that several pods have, one of which is a pod of the network. */
  duplicates(network: string): Duplicate[] {
    const found: Duplicate[] = [];
    for (const { address, slots } of this.#options.claims.shared(network))
      if (slots.some((slot) => this.#pods.networks(slot).includes(network)))
        found.push({ address, pods: slots.map((slot) => this.#pods.key(slot)).toSorted() });
    return found.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** Addresses of the network's pods in none of its ranges: of all their number, of the first by pod what they are. */
  outside(network: string, most: number): { total: number; outside: { address: string; pod: string }[] } {
    const { claims } = this.#options;
    const counts = claims.outside(network);
    const outside = [...counts.keys()]
      .map((slot) => ({ slot, pod: this.#pods.key(slot) }))
      .toSorted((a, b) => (a.pod < b.pod ? -1 : 1))
      .slice(0, most)
      .flatMap(({ slot, pod }) =>
        this.#held(this.#pods.view(slot), network)
          .flatMap(({ ips }) => ips)
          .filter((ip) => claims.isOutside(network, ip))
          .map((address) => ({ address, pod })),
      );
    return { total: [...counts.values()].reduce((sum, n) => sum + n, 0), outside: outside.slice(0, most) };
  }

  /** All pods for the summary. */
  summed(): SummedPods {
    const failing = [...this.#failing].map((slot) => {
      const evidence = () => this.#evidence(slot);
      const pod = { pod: this.#pods.key(slot), kind: this.#turned(slot)?.kind ?? "pending" };
      return Object.defineProperty(pod, "evidence", { get: evidence }) as typeof pod & { evidence: string };
    });
    return { counts: this.#counts, failing };
  }

  #outcomeOf(pod: string, view: PodView, failure: SandboxFailure | undefined): PodOutcome {
    const slash = pod.indexOf("/");
    return outcomeOf({
      pod: podFacts(pod.slice(0, slash), pod.slice(slash + 1), view, failure),
      network: this.#options.network,
      isolation: this.#options.isolation(),
    });
  }

  #turned(slot: number): TurnedOut | undefined {
    const kind = KINDS[(this.#kinds[slot] ?? NONE) - 1];
    return kind && { kind, network: this.#turnsOn.get(slot) };
  }

  #evidence(slot: number): string {
    const view = this.#pods.view(slot);
    return this.#outcomeOf(this.#pods.key(slot), view, this.#options.failure(view.uid)).evidence;
  }

  #shown(slot: number, network: string): ReportedPod {
    const turned = this.#turned(slot) ?? { kind: "pending" };
    const evidence = () => evidenceIn(turned, network, this.#evidence(slot));
    return {
      pod: this.#pods.key(slot),
      node: this.#pods.node(slot),
      kind: kindIn(turned, network),
      get evidence() {
        return evidence();
      },
    };
  }

  /** Counts a pod in, or out, as its record is. */
  #sum(slot: number, by: 1 | -1, view?: PodView): void {
    const turned = this.#turned(slot);
    if (turned) {
      this.#counts[turned.kind] += by;
      if (isFailing(turned.kind)) put(this.#failing, slot, by);
    }
    const networks = this.#pods.networks(slot);
    this.#claim(slot, networks, by, view);
    const isUnverified = this.#pods.isUnverified(slot);
    for (const network of networks) {
      const tally = this.#tally(network);
      tally.pods += by;
      if (turned && turned.kind !== "not-applicable") {
        const kind = kindIn(turned, network);
        const isOthers = kind !== turned.kind;
        tally.counts[kind] += by;
        if (isUnverified) tally.unverified += by;
        const isHindered = this.#isHindered[slot] === 1 || (isOthers && kind === "pending");
        if (isWanting(kind, isHindered)) put(tally.wanting, slot, by);
      }
      if (tally.pods === 0) this.#forget(network);
      this.#options.onNetwork(network);
    }
  }

  #forget(network: string): void {
    this.#tallies.delete(network);
    this.#options.claims.forget(network);
  }

  /**
   * What it has in its networks, which v3 reports by their CNI names. Pods that are going away are left out, and those
   * whose status someone else than Multus wrote: addresses raise alerts, and fill ranges.
   */
  #claim(slot: number, networks: readonly string[], by: 1 | -1, known?: PodView): void {
    const { claims } = this.#options;
    if (!this.#pods.holdsAddresses(slot) || !networks.some((network) => claims.counts(network))) return;
    const view = known ?? this.#pods.view(slot);
    for (const network of networks)
      for (const held of this.#held(view, network))
        if (by > 0) claims.add(network, slot, view.node, held);
        else claims.remove(network, slot, view.node, held);
  }

  #held(view: PodView, network: string) {
    const status = statusOf(view);
    const cniName = this.#options.claims.cniName(network);
    return status?.ok ? status.entries.filter(({ name }) => name === network || name === cniName) : [];
  }

  #tally(network: string): Tally {
    const known = this.#tallies.get(network);
    if (known) return known;
    const tally = { counts: noCounts(), unverified: 0, wanting: new Set<number>(), pods: 0 };
    this.#tallies.set(network, tally);
    return tally;
  }

  #grow(): void {
    const rows = this.#pods.capacity;
    this.#kinds = grown(this.#kinds, rows);
    this.#isIn = grown(this.#isIn, rows);
    this.#isHindered = grown(this.#isHindered, rows);
  }
}

function put(set: Set<number>, slot: number, by: 1 | -1): void {
  if (by > 0) set.add(slot);
  else set.delete(slot);
}
