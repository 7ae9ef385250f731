import { CLASSES, classOf, GROUPS } from "./classes.ts";
import type { Result } from "./engine.ts";
import { parsePlan } from "./plan.ts";
import { WORKLOADS } from "./workloads.ts";

/** The report of a run: what met what, how often, and what came of it. */

/** "12", "12 / 1" with violations: plans of a group with a workload. */
export function groupTable(results: readonly Result[]): string {
  const names = WORKLOADS.map(({ name }) => name).filter((name) =>
    results.some(({ id }) => parsePlan(id).workload === name),
  );
  const rows = GROUPS.map((group) => {
    const cells = names.map((workload) => {
      const of = results.filter(({ id }) => {
        const plan = parsePlan(id);
        return plan.workload === workload && classOf(plan.class).group === group;
      });
      return counted(of);
    });
    return [group, ...cells];
  });
  return markdown(
    ["", ...names],
    [
      ...rows,
      ["all", ...names.map((name) => counted(results.filter(({ id }) => parsePlan(id).workload === name)))],
    ],
  );
}

/** A row for each class: what it does, how many plans, how many of them came to their place, violations. */
export function classTable(results: readonly Result[]): string {
  const rows = CLASSES.map(({ name, text }) => {
    const of = results.filter(({ id }) => parsePlan(id).class === name);
    const struck = of.filter(({ isStruck }) => isStruck).length;
    const bad = of.filter(({ violations }) => violations.length > 0).length;
    return [`\`${name}\``, text, `${of.length}`, `${struck}`, `${bad}`];
  });
  return markdown(["Class", "What happens", "Plans", "Fault reached", "Violations"], rows);
}

function counted(results: readonly Result[]): string {
  const bad = results.filter(({ violations }) => violations.length > 0).length;
  if (results.length === 0) return "";
  return bad > 0 ? `${results.length} / **${bad}**` : `${results.length}`;
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) =>
    Math.max(3, title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join(
    "\n",
  );
}
