import { OUTCOMES, type OutcomeKind } from "../outcome/outcome.ts";

/** One pod that asks for a network and does not have all that it asked for, or may need a restart. */
export interface ReportedPod {
  /** "namespace/name". */
  pod: string;
  node: string;
  kind: OutcomeKind;
  /** How that is known. */
  readonly evidence: string;
}

/** The pods of a network as its report counts them: those that are over, or use the node's network, do not count. */
export interface NetworkPods {
  counts: Readonly<Record<OutcomeKind, number>>;
  /** Pods whose network-status was not written by Multus. */
  unverified: number;
  /** Those that are to be shown, in any order. */
  wanting: readonly ReportedPod[];
}

/** What became of a pod, as far as it matters to its networks. */
export interface TurnedOut {
  kind: OutcomeKind;
  /** The NAD that its outcome turns on, if it is one. */
  network?: string | undefined;
}

/** What a pod's outcome means to one of its networks: a pod that failed for the sake of another waits here. */
export function kindIn({ kind, network }: TurnedOut, key: string): OutcomeKind {
  if (network === undefined || network === key) return kind;
  return kind === "partial" || kind === "restart-needed" ? "attached" : "pending";
}

/** The evidence for `kindIn`. */
export function evidenceIn(turned: TurnedOut, key: string, evidence: string): string {
  const isOthers = turned.network !== undefined && turned.network !== key;
  return isOthers ? `it waits for another network, ${turned.network}: ${evidence}` : evidence;
}

/** Whether a pod of this kind is shown in a report. One that only waits has nothing to say unless something hinders it. */
export function isWanting(kind: OutcomeKind, isHindered: boolean): boolean {
  return kind !== "attached" && kind !== "not-applicable" && (kind !== "pending" || isHindered);
}

/** A count for each kind. */
export function noCounts(): Record<OutcomeKind, number> {
  return Object.fromEntries(Object.keys(OUTCOMES).map((kind) => [kind, 0])) as Record<OutcomeKind, number>;
}

/** How many pods that is, without those that do not count. */
export function requesting(counts: Readonly<Record<OutcomeKind, number>>): number {
  return Object.entries(counts).reduce((sum, [kind, n]) => (kind === "not-applicable" ? sum : sum + n), 0);
}
