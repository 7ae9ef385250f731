import type { Link } from "../networks/explain/chain.ts";
import type { Explanation } from "../networks/explain/explain.ts";
import { type Paint, plain, type Tone } from "./color.ts";
import { oneLine } from "./text.ts";

export interface ShownExplanation {
  namespace: string;
  pod: string;
  explanation: Explanation;
  chain: readonly Link[];
  /** What could not be read, and the permission that it needs. */
  unread: readonly string[];
  /** The workload that was asked for; the pod is one of its pods. */
  workload?: ExplainedWorkload;
}

export interface ExplainedWorkload {
  kind: string;
  name: string;
  /** How many of its pods have which outcome, the worst first. */
  outcomes: Readonly<Record<string, number>>;
}

const MARKS: Record<Link["state"], string> = { ok: "ok", wrong: "WRONG", none: "-", unknown: "?" };

const TONES: Record<Link["state"], Tone | undefined> = {
  ok: "good",
  wrong: "bad",
  none: undefined,
  unknown: "doubtful",
};

function workloadLine({ kind, name, outcomes }: ExplainedWorkload): string {
  const total = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  const counts = Object.entries(outcomes).map(([outcome, n]) => `${n} ${outcome}`);
  return `${kind} ${name}: ${total} ${total === 1 ? "pod" : "pods"}, ${counts.join(", ")}. One of them:`;
}

/** The chain, one line per link, and at the end the sentence. */
export function explanationText(
  { namespace, pod, explanation, chain, unread, workload }: ShownExplanation,
  paint: Paint = plain,
): string {
  const lines = chain.map(
    ({ part, state, text }) =>
      `  ${part.padEnd(11)}${paint(TONES[state], MARKS[state].padEnd(6))} ${oneLine(text, 1024)}`,
  );
  return [
    ...(workload ? [workloadLine(workload)] : []),
    `${namespace}/${pod}: ${explanation.outcome.kind}`,
    ...lines,
    ...unread.map((what) => `  not read, missing permission: ${what}`),
    "",
    `${oneLine(explanation.sentence, 2048)}.`,
    "",
  ].join("\n");
}

/** The same for scripts; names and codes are stable. */
export function explanationData(shown: ShownExplanation): object {
  const { namespace, pod, explanation, chain, unread, workload } = shown;
  const { code, sentence, outcome } = explanation;
  return {
    namespace,
    pod,
    outcome: outcome.kind,
    code,
    sentence,
    evidence: outcome.evidence,
    chain,
    unread,
    ...(workload ? { workload } : {}),
  };
}
