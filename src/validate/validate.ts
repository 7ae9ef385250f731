import { formatPath } from "../cni/finding.ts";
import { locateInJson } from "../cni/locate.ts";
import { isObject } from "../cni/section.ts";
import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import type { SourceDocument, SourceFile } from "./documents.ts";
import type { DocumentFinding, ObjectFinding, Path } from "./finding.ts";
import { meantKind, misspelledKind } from "./kind.ts";
import { kustomizationsIn } from "./kustomization.ts";
import { checkMetadata } from "./metadata.ts";
import { checkMultusInstall } from "./multus-install.ts";
import { checkNetworkDefinition, NETWORK_DEFINITION } from "./network-definition.ts";
import { objectsOf, type SeenObject } from "./object.ts";
import { withoutPlaceholders } from "./placeholders.ts";
import { repetitions } from "./repetitions.ts";
import { surroundingsOf } from "./surroundings.ts";
import { checkWorkload } from "./workload.ts";

export interface Validation {
  findings: DocumentFinding[];
  /** How many objects of each kind were checked, and how many of which kinds were not. */
  checked: Map<string, number>;
  skipped: Map<string, number>;
}

type Surroundings = ReturnType<typeof surroundingsOf> & { allNetworks: boolean };

/**
 * Checks every object of the files that this program knows the rules of, and what they say of each other; pure.
 * @param allNetworks whether a NAD that the files do not have does not exist
 */
export function validateFiles(
  files: readonly SourceFile[],
  { allNetworks = false }: { allNetworks?: boolean } = {},
): Validation {
  const result: Validation = { findings: [], checked: new Map(), skipped: new Map() };
  const kustomizations = kustomizationsIn(files);
  const placed = files.flatMap(({ file, documents }) =>
    documents.flatMap((document) => {
      if (document.value === null || document.value === undefined) return [];
      const isPatch = kustomizations.isPatch(file);
      const objects = isPatch ? undefined : objectsOf(document.value);
      if (!objects) count(result.skipped, isPatch ? "patch of a Kustomization" : "document without a kind");
      return (objects ?? []).map((object) => ({ file, document, object }));
    }),
  );
  const repeated = repetitions(kustomizations.exist);
  const around = { ...surroundingsOf(placed.map(({ object }) => object)), allNetworks };
  for (const { file, document, object } of placed) {
    const found = check(object, around);
    count(found ? result.checked : result.skipped, object.kind);
    if (!found) continue;
    for (const finding of [...found, ...ofKeys(document, object), ...repeated(object, file)])
      result.findings.push(place(finding, file, document, object));
  }
  return result;
}

/** Undefined for a kind that nothing is known of. */
function check(object: SeenObject, around: Surroundings): ObjectFinding[] | undefined {
  const meant = meantKind(object);
  if (meant)
    return [misspelledKind(object.kind, meant), ...(check({ ...object, kind: meant }, around) ?? [])];
  const found = checkKnown(object, around);
  return (
    found &&
    withoutPlaceholders([...found, ...checkMetadata(object.value.metadata, ["metadata"])], (path) =>
      textAt(object.value, path),
    )
  );
}

function textAt(value: unknown, path: Path): string {
  const found = path.reduce<unknown>((inner, part) => (isObject(inner) ? inner[part] : undefined), value);
  return typeof found === "string" ? found : "";
}

function checkKnown(object: SeenObject, around: Surroundings): ObjectFinding[] | undefined {
  if (object.kind === MULTUS_INSTALL.kind) return checkMultusInstall(object);
  if (object.kind !== NETWORK_DEFINITION.kind) return checkWorkload(object, around);
  return [...checkNetworkDefinition(object), ...ofOthers(object, around)];
}

/** Keys that stand twice in an object: YAML forbids them, and kubectl takes the last. */
function ofKeys({ duplicates }: SourceDocument, { at }: SeenObject): ObjectFinding[] {
  return duplicates
    .filter(({ path }) => at.every((part, i) => path[i] === part))
    .map(({ path }) => path.slice(at.length))
    .map((path) => ({
      path: formatPath(path),
      severity: "warning",
      code: "DUPLICATE_KEY",
      message: "is a duplicate key; kubectl uses the last value",
      at: path,
    }));
}

/** What the other objects say of a NAD. */
function ofOthers({ value, namespace, name }: SeenObject, { ofNetwork }: Surroundings): ObjectFinding[] {
  const found = ofNetwork.get(`${namespace || "default"}/${name}`) ?? [];
  const text = isObject(value.spec) && typeof value.spec.config === "string" ? value.spec.config : "";
  if (found.length === 0 || text === "") return [];
  const places = locateInJson(
    text,
    found.map(({ path }) => path),
  );
  return found.map(({ path, severity, code, message }) => ({
    path: path || "spec.config",
    severity,
    code,
    message,
    at: ["spec", "config"],
    inText: { text, ...(places.get(path) ?? { line: 1, column: 1 }) },
  }));
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
