import type { Finding } from "../../cni/finding.ts";
import type { KnownDefect } from "../../multus/known-defects.ts";
import type { OutcomeInput, PodFacts } from "../outcome.ts";

/** Multus on the pod's node, as its pod there shows it. */
export type MultusOnNode =
  | { state: "ready"; pod: string /** RFC 3339 */; since?: string }
  | { state: "unready"; pod: string; why: string }
  | { state: "absent" };

export interface ExplainedPod extends PodFacts {
  annotations: Readonly<Record<string, string>>;
  /** The workload that made it, and whether that carries the annotation itself instead of its template. */
  owner?: { kind: string; name: string; annotated: boolean };
  /** Why no node takes it, in the scheduler's words. */
  unscheduled?: string;
  /** RFC 3339: when the kubelet took it. */
  startedAt?: string;
}

/** What is known of a NAD that the pod asks for. */
export interface ExplainedNad {
  findings: readonly Finding[];
  /** Types of its plugins. */
  types: readonly string[];
  /** The node's interfaces that it builds on. */
  masters: readonly string[];
}

export interface ExplainInput extends Omit<OutcomeInput, "pod"> {
  pod: ExplainedPod;
  /** By "namespace/name"; those that exist. */
  nads: ReadonlyMap<string, ExplainedNad>;
  /** "namespace/name" of every NAD that may be read, for suggestions. */
  known: readonly string[];
  /** Undefined where it is not known. */
  multus?: MultusOnNode | undefined;
  /** Undefined where it is not known. */
  nodeReady?: boolean | undefined;
  /** What the node lacks of what a NAD needs, by the operator's look at it: "plugin macvlan". By NAD. */
  lacking: ReadonlyMap<string, readonly string[]>;
  /** The key of the taint that keeps pods off nodes until Multus is ready, where the install has one. */
  startupTaint?: string | undefined;
  /** The node's links, where they are known. */
  interfaces?: readonly string[] | undefined;
  /** Of the running Multus, as far as its spec shows; undefined if the MultusInstall cannot be read. */
  defects?: readonly KnownDefect[] | undefined;
}

/** What the checker refuses in a NAD. */
export function errorsOf({ nads }: ExplainInput, network: string): Finding[] {
  return (nads.get(network)?.findings ?? []).filter(({ severity }) => severity === "error");
}
