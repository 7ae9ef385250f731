import { firstOf } from "../crds/listed.ts";

/** What admission finds of one object, each a sentence that begins with the field. */
export interface Findings {
  /** What spec.attachments.denyCodes names: rejected in either mode. */
  forbidden?: readonly string[];
  /** What cannot work: rejected in mode Deny. */
  problems: string[];
  /** What is doubtful. */
  warnings: string[];
}

/**
 * The API server shortens warnings from 256 characters on, and drops those beyond 4096 of all
 * (k8s.io/apiserver, pkg/endpoints/filters/warning.go): these bounds stay below.
 */
const MAX_SENTENCE_LENGTH = 240;
const MAX_SENTENCES = 12;

/** At most twelve sentences of at most 240 characters, without control characters; the last says how many more there are. */
export function bounded(sentences: readonly string[]): string[] {
  const all = [...new Set(sentences)];
  const max = all.length > MAX_SENTENCES ? MAX_SENTENCES - 1 : MAX_SENTENCES;
  return firstOf(all, max).map(line);
}

/** One line of a bounded length, for terminals. */
function line(sentence: string): string {
  const clean = sentence
    .slice(0, MAX_SENTENCE_LENGTH + 1)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length <= MAX_SENTENCE_LENGTH
    ? clean
    : `${clean.slice(0, MAX_SENTENCE_LENGTH - 1).toWellFormed()}…`;
}
