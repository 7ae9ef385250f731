import type { NetworkFacts } from "../../networks/outcome/attachments.ts";
import {
  OUTCOMES,
  type OutcomeKind,
  outcomeOf,
  type PodFacts,
  type PodOutcome,
} from "../../networks/outcome/outcome.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";
import type { Isolation } from "../../networks/pod-request/isolation.ts";
import type { PodTable } from "../../networks/pod-table/pod-table.ts";
import { grown } from "../../networks/pod-table/slots.ts";
import { type PodView, podFacts } from "../../networks/pod-view/pod-view.ts";
import {
  evidenceIn,
  kindIn,
  type NetworkPods,
  noCounts,
  type ReportedPod,
  type TurnedOut,
} from "../../networks/report/network-pods.ts";
import { isFailing, type SummedPods } from "../../networks/summary.ts";
import { NetworkTallies, put } from "./network-tallies.ts";
import type { PodAddresses } from "./pod-addresses.ts";

export interface Transition {
  /** "namespace/name". */
  pod: string;
  view: PodView;
  before: TurnedOut | undefined;
  after: TurnedOut & { evidence: string };
}

export interface PodOutcomesOptions {
  pods: PodTable;
  addresses: PodAddresses;
  network: (namespace: string, name: string) => NetworkFacts | undefined;
  /** Of a pod, by "namespace/name" and UID. */
  failure: (pod: string, uid: string) => SandboxFailure | undefined;
  isolation: () => Isolation;
  /** A network, by "namespace/name", whose pods changed. */
  onNetwork: (key: string) => void;
  /** A pod's outcome became another kind, or the same kind because of another network. */
  onTransition: (transition: Transition) => void;
}

const KINDS = Object.keys(OUTCOMES) as OutcomeKind[];
/** A pod that asks for nothing, or was not evaluated yet. */
const NONE = 0;

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
  /** The NAD that decided the outcome of a slot, if it is a single one. */
  readonly #decidingNetwork = new Map<number, string>();
  readonly #tallies = new NetworkTallies();
  readonly #counts = noCounts();
  readonly #failing = new Set<number>();

  constructor(options: PodOutcomesOptions) {
    this.#options = options;
    this.#pods = options.pods;
  }

  /** Evaluates a pod again. */
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
  enters(slot: number, view = this.#pods.view(slot)): void {
    if (slot >= this.#kinds.length) this.#grow();
    const pod = this.#pods.key(slot);
    const before = this.#turned(slot);
    const asks = !(view.request.ok && view.request.requests.length === 0);
    const failure = asks ? this.#options.failure(pod, view.uid) : undefined;
    const facts = factsOf(pod, view, failure);
    const after = asks ? this.#outcomeOf(facts) : undefined;
    this.#kinds[slot] = after ? KINDS.indexOf(after.kind) + 1 : NONE;
    this.#isHindered[slot] = failure ? 1 : 0;
    if (after?.network === undefined) this.#decidingNetwork.delete(slot);
    else this.#decidingNetwork.set(slot, after.network);
    this.#isIn[slot] = 1;
    this.#sum(slot, 1, facts);
    if (after && (before?.kind !== after.kind || before.network !== after.network))
      this.#options.onTransition({ pod, view, before, after });
  }

  /** Another pod has the name: what became of the first is not what was before. It has left. */
  replaced(slot: number): void {
    this.gone(slot);
  }

  /** A pod is gone; it has left. */
  gone(slot: number): void {
    if (slot >= this.#kinds.length) return;
    this.#kinds[slot] = NONE;
    this.#decidingNetwork.delete(slot);
  }

  /** The slots of the pods that ask for a NAD. */
  slotsOf(network: string): number[] {
    if (!this.#tallies.get(network)) return [];
    return [...this.#pods.slots()].filter((slot) => this.#pods.networks(slot).includes(network));
  }

  /** The networks that pods ask for, existing or not. */
  networks(): Iterable<string> {
    return this.#tallies.networks();
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

  /** All pods for the summary. */
  summed(): SummedPods {
    const failing = [...this.#failing].map((slot) => {
      const evidence = () => this.#evidence(slot);
      return {
        pod: this.#pods.key(slot),
        kind: this.#turned(slot)?.kind ?? "pending",
        get evidence() {
          return evidence();
        },
      };
    });
    return { counts: this.#counts, failing };
  }

  #outcomeOf(pod: PodFacts): PodOutcome {
    return outcomeOf({
      pod,
      network: this.#options.network,
      isolation: this.#options.isolation(),
    });
  }

  #turned(slot: number): TurnedOut | undefined {
    const kind = KINDS[(this.#kinds[slot] ?? NONE) - 1];
    return kind && { kind, network: this.#decidingNetwork.get(slot) };
  }

  #evidence(slot: number): string {
    const [pod, view] = [this.#pods.key(slot), this.#pods.view(slot)];
    return this.#outcomeOf(factsOf(pod, view, this.#options.failure(pod, view.uid))).evidence;
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
  #sum(slot: number, by: 1 | -1, facts?: PodFacts): void {
    const turned = this.#turned(slot);
    if (turned) {
      this.#counts[turned.kind] += by;
      if (isFailing(turned.kind)) put(this.#failing, slot, by);
    }
    const { addresses, onNetwork } = this.#options;
    addresses.claim(slot, by, facts);
    const isHindered = this.#isHindered[slot] === 1;
    const counted = { slot, turned, isHindered, isUnverified: this.#pods.isUnverified(slot) };
    for (const network of this.#pods.networks(slot)) {
      if (!this.#tallies.count(network, by, counted)) addresses.forget(network);
      onNetwork(network);
    }
  }

  #grow(): void {
    const rows = this.#pods.capacity;
    this.#kinds = grown(this.#kinds, rows);
    this.#isIn = grown(this.#isIn, rows);
    this.#isHindered = grown(this.#isHindered, rows);
  }
}

function factsOf(pod: string, view: PodView, failure: SandboxFailure | undefined): PodFacts {
  const slash = pod.indexOf("/");
  return podFacts(pod.slice(0, slash), pod.slice(slash + 1), view, failure);
}
