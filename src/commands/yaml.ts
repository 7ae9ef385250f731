import { dump } from "js-yaml";
import { isPrintable, toJson } from "../display/text.ts";

/**
 * Documents as multi-document YAML, the same bytes for the same documents. One with control characters, which
 * would go to a terminal, is written as JSON, which is YAML too and escapes them.
 */
export function toYaml(documents: readonly object[]): string {
  return documents.map((document) => `---\n${yamlOf(document)}`).join("");
}

/** One document. */
export function yamlOf(document: object): string {
  const text = dump(document, { lineWidth: -1, noRefs: true });
  return isPrintable(text) ? text : `${toJson(document, true)}\n`;
}
