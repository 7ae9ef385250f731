import { readFileSync, writeFileSync } from "node:fs";
import type { Kept, Results } from "./results.ts";
import { classTable, groupTable, markdown } from "./table.ts";

const PAGE = "docs/reliability.md";

/** Writes the results of a long run into the page. */
export function writeReport({ kept, last, plans }: Results, machine: string): void {
  writeSection("faults-all", reportOf(last, kept, plans.length, machine));
}

/** Replaces what is between the marks of the command that writes it. */
export function writeSection(command: string, text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [begin, end] = [`<!-- begin: make ${command} -->`, `<!-- end: make ${command} -->`];
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < 0) throw new Error(`${PAGE} has no ${begin} … ${end}`);
  writeFileSync(PAGE, `${page.slice(0, before)}${begin}\n\n${text}\n\n${page.slice(after)}`);
}

/** The tables with what they rest on. */
export function reportOf(
  results: readonly Kept[],
  runs: readonly Kept[],
  planned: number,
  machine: string,
): string {
  const bad = results.filter(({ violations }) => violations.length > 0);
  const struck = results.filter(({ isStruck }) => isStruck).length;
  const commits = [...new Set(results.map(({ commit }) => commit))];
  const dates = results.map(({ at }) => at).toSorted();
  const [first = "", last = ""] = [dates.at(0), dates.at(-1)];
  const lines = [
    `\`make faults-all\`, ${first.slice(0, 10)}${last.slice(0, 10) === first.slice(0, 10) ? "" : ` to ${last.slice(0, 10)}`}, ${machine}, commit ${commits.join(", ")}.`,
    `${results.length} of ${planned} plans were run, ${hourly(runs)} an hour; ${struck} of them reached the request of their fault, and ${bad.length} had violations. ${againText(results, runs)}`.trimEnd(),
    "",
    groupTable(results),
    "",
    classTable(results),
  ];
  if (bad.length > 0)
    lines.push(
      "",
      "Plans with violations:",
      "",
      markdown(
        ["Plan", "Oracle", "What differed"],
        bad.flatMap(({ id, violations }) =>
          violations
            .slice(0, 2)
            .map(({ oracle, what }) => [
              `\`${id}\``,
              oracle,
              what.slice(0, 160).replaceAll("|", "\\|").replaceAll("\n", " "),
            ]),
        ),
      ),
    );
  return lines.join("\n");
}

/** What was wrong at first and was fixed is no secret. */
function againText(results: readonly Kept[], runs: readonly Kept[]): string {
  const again = results.filter(
    ({ id, violations }) =>
      violations.length === 0 && runs.some((run) => run.id === id && run.violations.length > 0),
  );
  return again.length === 0
    ? ""
    : `${again.length} of the plans had violations at first, and none when they were run again.`;
}

/** Breaks between the pieces of a run, of more than five minutes, are left out. */
function hourly(results: readonly Kept[]): number {
  const times = results.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b);
  let ms = 0;
  for (const [index, time] of times.entries())
    ms +=
      Math.min(time - (times[index - 1] ?? time), 300_000) === 300_000
        ? 0
        : time - (times[index - 1] ?? time);
  return ms === 0 ? 0 : Math.round((times.length / ms) * 3_600_000);
}
