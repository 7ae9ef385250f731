import { readFileSync } from "node:fs";
import { dump, loadAll } from "js-yaml";

/** Input that cannot be read: exit code 2. */
export class UnreadableInput extends Error {
  readonly code = "UNREADABLE_INPUT";
}

/** Documents as multi-document YAML, the same bytes for the same documents. */
export function toYaml(documents: readonly object[]): string {
  return documents.map((document) => `---\n${dump(document, { lineWidth: -1, noRefs: true })}`).join("");
}

/** The documents of a YAML or JSON file, or of standard input for "-". Throws UnreadableInput. */
export function readDocuments(file: string): unknown[] {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UnreadableInput(`${inputName(file)}: ${(error as Error).message}`);
  }
  try {
    return loadAll(text).filter((document) => document !== null && document !== undefined);
  } catch (error) {
    throw new UnreadableInput(`${inputName(file)}: not YAML: ${(error as Error).message}`);
  }
}

/** A file as messages call it. */
export function inputName(file: string): string {
  return file === "-" ? "standard input" : file;
}
