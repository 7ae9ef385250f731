import type { Link } from "../networks/explain/chain.ts";
import type { Explanation } from "../networks/explain/explain.ts";
import { oneLine } from "./text.ts";

export interface ShownExplanation {
  namespace: string;
  pod: string;
  explanation: Explanation;
  chain: readonly Link[];
  /** What could not be read, and the permission that it needs. */
  unread: readonly string[];
}

const MARKS: Record<Link["state"], string> = { ok: "ok", wrong: "WRONG", none: "-", unknown: "?" };

/** The chain, one line per link, and at the end the sentence. */
export function explanationText({ namespace, pod, explanation, chain, unread }: ShownExplanation): string {
  const lines = chain.map(
    ({ part, state, text }) => `  ${part.padEnd(11)}${MARKS[state].padEnd(6)} ${oneLine(text, 1024)}`,
  );
  return [
    `${namespace}/${pod}: ${explanation.outcome.kind}`,
    ...lines,
    ...unread.map((what) => `  not read, missing permission: ${what}`),
    "",
    `${oneLine(explanation.sentence, 2048)}.`,
    "",
  ].join("\n");
}

/** The same for scripts; names and codes are stable. */
export function explanationData({ namespace, pod, explanation, chain, unread }: ShownExplanation): object {
  const { code, sentence, outcome } = explanation;
  return { namespace, pod, outcome: outcome.kind, code, sentence, evidence: outcome.evidence, chain, unread };
}
