/**
 * How long `validate` takes for many NADs in one call, as a whole process: node test/bench/validate.ts [NADS] [RUNS].
 * Prints a line; the project's budget is 0.5 s for 1,000, of which the start of the program is a part.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ordinaryConfigs } from "./configs.ts";

const [count = 1_000, runs = 5] = process.argv.slice(2).map(Number);
const program = resolve(import.meta.dirname, "../../bin/multus-operator");
const directory = mkdtempSync(join(tmpdir(), "validate-bench-"));
try {
  const file = join(directory, "nads.yaml");
  const configs = ordinaryConfigs(count);
  writeFileSync(file, configs.map(manifest).join("---\n"));
  const times = Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint();
    try {
      execFileSync(program, ["validate", "-f", file, "-o", "json"], { maxBuffer: 1 << 28 });
    } catch (error) {
      // 1 says that it found errors, which some of the configurations have.
      if ((error as { status?: number }).status !== 1) throw error;
    }
    return Number(process.hrtime.bigint() - start) / 1e6;
  }).toSorted((a, b) => a - b);
  const [least, most] = [times[0] ?? 0, times.at(-1) ?? 0];
  const median = times[times.length >> 1] ?? 0;
  process.stdout.write(
    `validate, ${count} NADs in one file, ${runs} runs: median ${median.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)})\n`,
  );
} finally {
  rmSync(directory, { recursive: true });
}

function manifest(config: string, index: number): string {
  const indented = JSON.stringify(JSON.parse(config), null, 2).replaceAll("\n", "\n    ");
  return `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: nad-${index}}\nspec:\n  config: |\n    ${indented}\n`;
}
