import { unreadFinding } from "../../cni/check.ts";
import type { Finding } from "../../cni/finding.ts";
import type { KnownDefect } from "../../multus/known-defects.ts";
import type { OutcomeInput, PodFacts } from "../outcome/outcome.ts";

/** Multus on the pod's node, as its pod there shows it. */
export type MultusOnNode =
  | { state: "ready"; pod: string /** RFC 3339 */; since?: string }
  | { state: "unready"; pod: string; why: string }
  | { state: "absent" };

export interface ExplainedPod extends PodFacts {
  annotations: Readonly<Record<string, string>>;
  /** The workload that created it, and whether that carries the annotation itself instead of its template. */
  owner?: { kind: string; name: string; annotated: boolean };
  /** Why no node takes it, in the scheduler's words. */
  unscheduled?: string;
  /** RFC 3339: when the kubelet took it. */
  startedAt?: string;
}

/** What is known of a NAD that the pod requests. */
export interface ExplainedNad {
  findings: readonly Finding[];
  /** Types of its plugins. */
  types: readonly string[];
  /** The node's interfaces that it builds on (`master`). */
  masters: readonly string[];
  /** The node's interfaces that it moves into pods (`device`). */
  devices: readonly string[];
}

/** An address of the pod that another pod has too. */
export interface DuplicateAddress {
  network: string;
  address: string;
  /** "namespace/name" of the other pods. */
  pods: readonly string[];
}

export interface ExplainInput extends Omit<OutcomeInput, "pod"> {
  pod: ExplainedPod;
  /** By "namespace/name"; those that exist. */
  nads: ReadonlyMap<string, ExplainedNad>;
  /** "namespace/name" of every NAD that may be read, for suggestions. */
  known: readonly string[];
  /** Undefined if it is not known. */
  multus?: MultusOnNode | undefined;
  /** Undefined if it is not known. */
  nodeReady?: boolean | undefined;
  /** Whether the cluster has a MultusInstall; undefined if that is not known. */
  hasInstall?: boolean | undefined;
  /** What the MultusInstall reports of the pod's node: what is wrong and what to do. */
  nodeIssue?: string | undefined;
  /** The pod's addresses that other pods have too, by the reports. */
  duplicates?: readonly DuplicateAddress[] | undefined;
  /** What the node lacks of what a NAD needs, by the operator's inspection: "plugin macvlan". By NAD. */
  lacking: ReadonlyMap<string, readonly string[]>;
  /** The key of the taint that keeps pods off nodes until Multus is ready, if the install has one. */
  startupTaint?: string | undefined;
  /** The node's links, if they are known. */
  interfaces?: readonly string[] | undefined;
  /** Of the running Multus, as far as its spec shows; undefined if the MultusInstall cannot be read. */
  defects?: readonly KnownDefect[] | undefined;
}

/** What the checker rejects in a NAD. Nothing of one that it did not read. */
export function errorsOf({ nads }: ExplainInput, network: string): Finding[] {
  const { findings = [] } = nads.get(network) ?? {};
  return unreadFinding(findings) ? [] : findings.filter(({ severity }) => severity === "error");
}
