import { show } from "../cni/finding.ts";
import type { DocumentFinding } from "./finding.ts";
import type { Validation } from "./validate.ts";

/** A finding as compilers write theirs: editors and CI systems find the place by it. */
export function findingLine(finding: DocumentFinding): string {
  const { file, line, column, severity } = finding;
  return clean(`${file}:${line}:${column}: ${severity}: ${objectFindingText(finding)}`);
}

/** "NetworkAttachmentDefinition shop/lan: mode: must be one of … [NOT_ONE_OF]". */
export function objectFindingText(
  finding: Pick<DocumentFinding, "kind" | "namespace" | "name" | "path" | "message" | "code">,
): string {
  const { kind, namespace, name, path, message, code } = finding;
  const object = `${plain(kind)} ${namespace === "" ? "" : `${plain(namespace)}/`}${plain(name)}`;
  return clean(`${object}: ${path}: ${message} [${code}]`);
}

/** "12 NetworkAttachmentDefinitions and 1 MultusInstall checked: 2 errors, 1 warning". */
export function summaryLine({
  checked,
  findings,
}: {
  checked: ReadonlyMap<string, number>;
  findings: readonly { severity: string }[];
}): string {
  const objects = [...checked].map(([kind, count]) => plural(count, kind));
  const of = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  return `${objects.length === 0 ? "nothing" : sentence(objects)} checked: ${plural(of("error"), "error")}, ${plural(of("warning"), "warning")}`;
}

/** "not checked: 2 ConfigMaps"; undefined if nothing was left out. */
export function skippedLine({ skipped }: Validation): string | undefined {
  if (skipped.size === 0) return undefined;
  const kinds = [...skipped].map(([kind, count]) => plural(count, plain(kind)));
  const shown = kinds.length > 8 ? [...kinds.slice(0, 8), plural(kinds.length - 8, "more kind")] : kinds;
  return `not checked: ${sentence(shown)}`;
}

function plural(count: number, word: string): string {
  // "documents without a kind", "patches of a Kustomization"
  const [first = "", ...rest] = word.split(/ (?=without |of )/);
  if (rest.length > 0) return `${plural(count, first)} ${rest.join(" ")}`;
  const many = /(s|ch)$/.test(word)
    ? `${word}es`
    : /[^aeiou]y$/.test(word)
      ? `${word.slice(0, -1)}ies`
      : `${word}s`;
  return `${count} ${count === 1 ? word : many}`;
}

function sentence(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

function plain(name: string): string {
  return show(name).slice(1, -1);
}

/** Names and fields come from a file that anybody wrote, and go to a terminal. */
function clean(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
