/** One measure: what was found, and what is promised. */
export interface Row {
  measure: string;
  measured: string;
  budget?: string;
}

/** The rows as a Markdown table. */
export function budgetTable(rows: readonly Row[]): string {
  return [
    "| Measure | Measured | Budget |",
    "|---|---|---|",
    ...rows.map(({ measure, measured, budget = "" }) => `| ${measure} | ${measured} | ${budget} |`),
    "",
  ].join("\n");
}

/** Progress, with the time, on standard error. */
export function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
