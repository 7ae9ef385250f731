import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import type { SourceDocument } from "./documents.ts";
import type { DocumentFinding, ObjectFinding } from "./finding.ts";
import { checkMultusInstall } from "./multus-install.ts";
import { checkNetworkDefinition, NETWORK_DEFINITION } from "./network-definition.ts";
import { objectsOf, type SeenObject } from "./object.ts";

export interface SourceFile {
  file: string;
  documents: readonly SourceDocument[];
}

export interface Validation {
  findings: DocumentFinding[];
  /** How many objects of each kind were checked, and how many of which kinds were not. */
  checked: Map<string, number>;
  skipped: Map<string, number>;
}

/** Checks every object of the files that this program knows the rules of; pure. */
export function validateFiles(files: readonly SourceFile[]): Validation {
  const result: Validation = { findings: [], checked: new Map(), skipped: new Map() };
  for (const { file, documents } of files)
    for (const document of documents) {
      if (document.value === null || document.value === undefined) continue;
      const objects = objectsOf(document.value);
      if (!objects) count(result.skipped, "document without a kind");
      for (const object of objects ?? []) {
        const found = check(object);
        count(found ? result.checked : result.skipped, object.kind);
        result.findings.push(...(found ?? []).map((finding) => place(finding, file, document, object)));
      }
    }
  return result;
}

/** Undefined for a kind that nothing is known of. */
function check(object: SeenObject): ObjectFinding[] | undefined {
  if (object.kind === NETWORK_DEFINITION.kind) return checkNetworkDefinition(object);
  if (object.kind === MULTUS_INSTALL.kind) return checkMultusInstall(object);
  return undefined;
}

function place(
  finding: ObjectFinding,
  file: string,
  document: SourceDocument,
  object: SeenObject,
): DocumentFinding {
  const { path, severity, code, message, at, inText } = finding;
  const { kind, namespace, name } = object;
  const whole = [...object.at, ...at];
  const { line, column } = inText
    ? document.places.inText(whole, inText.text, inText)
    : document.places.of(whole);
  return {
    file,
    document: document.index,
    kind,
    namespace,
    name,
    path,
    severity,
    code,
    message,
    line,
    column,
  };
}

function count(kinds: Map<string, number>, kind: string): void {
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
}
