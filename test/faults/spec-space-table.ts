import type { Stage, Verdict } from "./spec-space-lane.ts";

/** What a run of the spec space has shown, for people. */

interface Row {
  field: string;
  valid: number;
  invalid: number;
  violations: Record<Stage, number>;
}

const NONE: Record<Stage, number> = { refused: 0, changed: 0, fresh: 0, "rolled back": 0, reported: 0 };

/** A table in Markdown, one row a field, in the schema's order; then the sums. */
export function tableOf(fields: readonly string[], verdicts: readonly Verdict[]): string {
  const rows = fields.map((field) => rowOf(field, verdicts));
  const cells = ({ field, valid, invalid, violations }: Row) => [
    `\`${shortened(field)}\``,
    valid,
    invalid,
    ...(["changed", "fresh", "rolled back", "reported"] as const).map((stage) =>
      violations[stage] === 0 ? (valid === 0 ? "" : "✓") : `**${violations[stage]}**`,
    ),
    violations.refused === 0 ? (invalid === 0 ? "" : "✓") : `**${violations.refused}**`,
  ];
  return [
    "| Field | Valid | Invalid | Changed | As a fresh install | Rolled back | Status | Refused |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${cells(row).join(" | ")} |`),
  ].join("\n");
}

/** "300 of 3047 plans in 6 minutes (3000 an hour, …): 90 changes, 210 refusals, 0 plans with a violation" */
export function sumOf(verdicts: readonly Verdict[], total: number, seconds: number): string {
  const of = (kind: Verdict["kind"]) => verdicts.filter((verdict) => verdict.kind === kind).length;
  const bad = verdicts.filter(({ violations }) => violations.length > 0).length;
  const hourly = Math.round((verdicts.length / seconds) * 3600);
  const changed = Math.round((of("changed") / seconds) * 3600);
  return `${verdicts.length} of ${total} plans in ${Math.round(seconds / 60)} minutes (${hourly} an hour, ${changed} of them changes): ${of("changed")} changes, ${of("refused")} refusals, ${bad} plans with a violation`;
}

function rowOf(field: string, verdicts: readonly Verdict[]): Row {
  const own = verdicts.filter(({ paths }) => paths.includes(field));
  const violations = { ...NONE };
  for (const { stage } of own.flatMap((verdict) => verdict.violations)) violations[stage]++;
  return {
    field,
    valid: own.filter(({ kind }) => kind === "changed").length,
    invalid: own.filter(({ kind }) => kind === "refused").length,
    violations,
  };
}

/** The longest names of corev1 make no table. */
function shortened(field: string): string {
  return field.replaceAll("DuringSchedulingIgnoredDuringExecution", "…");
}
