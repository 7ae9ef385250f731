import type { Holder } from "../../networks/addresses.ts";
import { keyOf, type NetworkFacts } from "../../networks/attachments.ts";
import type { Claim } from "../../networks/duplicates.ts";
import { type OutcomeKind, outcomeOf } from "../../networks/outcome.ts";
import { type PodView, podFacts, statusOf } from "../../networks/pod.ts";
import type { Isolation } from "../../networks/pod-request/isolation.ts";
import type { ParsedNetworks } from "../../networks/pod-request/request.ts";
import type { ReportedPod } from "../../networks/report-input.ts";
import type { SandboxFailure } from "../../networks/sandbox-failure.ts";
import type { SummedPod } from "../../networks/summary.ts";

/** What became of one pod, as it is kept: without words where all is well. */
export interface KeptOutcome {
  kind: OutcomeKind;
  evidence?: string;
  network?: string;
}

export interface Transition {
  /** "namespace/name". */
  pod: string;
  view: PodView;
  before: KeptOutcome | undefined;
  after: KeptOutcome;
}

export interface PodOutcomesOptions {
  pod: (key: string) => PodView | undefined;
  network: (namespace: string, name: string) => NetworkFacts | undefined;
  failure: (podUid: string) => SandboxFailure | undefined;
  isolation: () => Isolation;
  /** A network, by "namespace/name", whose pods changed. */
  onNetwork: (key: string) => void;
  /** A pod's outcome became another kind, or another for the sake of another network. */
  onTransition: (transition: Transition) => void;
}

const ATTACHED: KeptOutcome = { kind: "attached" };
const PENDING: KeptOutcome = { kind: "pending" };

/**
 * What became of every pod that asks for networks, and which pods ask for which NAD: also for NADs that do
 * not exist, so that their pods are found when one appears.
 */
export class PodOutcomes {
  readonly #options: PodOutcomesOptions;
  readonly #outcomes = new Map<string, KeptOutcome>();
  /** Pods by the NAD that they ask for. */
  readonly #byNetwork = new Map<string, Set<string>>();
  /** The networks of each pod, to find what it asked for before. */
  readonly #networks = new Map<string, readonly string[]>();

  constructor(options: PodOutcomesOptions) {
    this.#options = options;
  }

  /** Looks at one pod again, whatever became of it. */
  update(key: string): void {
    const view = this.#options.pod(key);
    const networks = view ? networksOf(view.request) : NO_NETWORKS;
    const before = this.#networks.get(key) ?? NO_NETWORKS;
    this.#index(key, before, networks);
    for (const network of new Set([...before, ...networks])) this.#options.onNetwork(network);
    const outcome = view && this.#outcomeOf(key, view);
    if (!view || !outcome) {
      this.#outcomes.delete(key);
      return;
    }
    const last = this.#outcomes.get(key);
    this.#outcomes.set(key, outcome);
    if (last?.kind !== outcome.kind || last.network !== outcome.network)
      this.#options.onTransition({ pod: key, view, before: last, after: outcome });
  }

  /** The pods that ask for a NAD. */
  podsOf(network: string): ReadonlySet<string> {
    return this.#byNetwork.get(network) ?? NO_PODS;
  }

  /** The networks that pods ask for, existing or not. */
  networks(): Iterable<string> {
    return this.#byNetwork.keys();
  }

  /** The pods of a NAD as its report counts them: those that are over, or use the node's network, do not count. */
  reported(network: string): ReportedPod[] {
    const found: ReportedPod[] = [];
    for (const pod of this.podsOf(network)) {
      const outcome = this.#outcomes.get(pod);
      const view = this.#options.pod(pod);
      if (view && outcome && outcome.kind !== "not-applicable")
        found.push({ pod, node: view.node, ...outcome, ...(isUnverified(view) ? { unverified: true } : {}) });
    }
    return found;
  }

  /**
   * What pods have in a network, which errors and v3 call `cniName`. Pods that are going away are left out, and those
   * whose status someone else than Multus wrote: addresses raise alerts, and fill ranges.
   */
  *holders(network: string, cniName: string): Generator<Holder & Claim> {
    for (const pod of this.podsOf(network)) {
      const view = this.#options.pod(pod);
      const counts = view?.verified && !view.terminating && !isOver(view);
      const status = counts ? statusOf(view) : undefined;
      if (!view || !status?.ok) continue;
      for (const { name, ips, mac } of status.entries)
        if (name === network || name === cniName) yield { pod, node: view.node, ips, mac };
    }
  }

  *summed(): Generator<SummedPod> {
    for (const [pod, { kind, evidence }] of this.#outcomes)
      yield { pod, kind, ...(evidence === undefined ? {} : { evidence }) };
  }

  get size(): number {
    return this.#outcomes.size;
  }

  #outcomeOf(key: string, view: PodView): KeptOutcome | undefined {
    if (view.request.ok && view.request.requests.length === 0) return undefined;
    const slash = key.indexOf("/");
    const failure = this.#options.failure(view.uid);
    const { kind, evidence, network } = outcomeOf({
      pod: podFacts(key.slice(0, slash), key.slice(slash + 1), view, failure),
      network: this.#options.network,
      isolation: this.#options.isolation(),
    });
    if (kind === "attached") return ATTACHED;
    // A pod that only waits has nothing to say; one whose sandbox something else keeps from being made has.
    if (kind === "pending" && !failure) return PENDING;
    return { kind, evidence, ...(network === undefined ? {} : { network }) };
  }

  #index(key: string, before: readonly string[], now: readonly string[]): void {
    if (now === before) return;
    for (const network of before) {
      if (now.includes(network)) continue;
      const pods = this.#byNetwork.get(network);
      pods?.delete(key);
      if (pods?.size === 0) this.#byNetwork.delete(network);
    }
    for (const network of now) {
      const pods = this.#byNetwork.get(network);
      if (pods) pods.add(key);
      else this.#byNetwork.set(network, new Set([key]));
    }
    if (now.length === 0) this.#networks.delete(key);
    else this.#networks.set(key, now);
  }
}

const NO_PODS: ReadonlySet<string> = new Set();
const NO_NETWORKS: readonly string[] = [];
/** Pods of one workload share their request, and so its list. */
const LISTS = new WeakMap<ParsedNetworks, readonly string[]>();

function networksOf(request: ParsedNetworks): readonly string[] {
  const known = LISTS.get(request);
  if (known) return known;
  const networks = request.ok ? [...new Set(request.requests.map(keyOf))] : NO_NETWORKS;
  LISTS.set(request, networks);
  return networks;
}

function isUnverified({ reported, verified }: PodView): boolean {
  return reported !== undefined && !verified;
}

function isOver({ phase }: PodView): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
