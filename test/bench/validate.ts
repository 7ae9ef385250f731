/**
 * How long `validate` takes for many NADs in one call, as a whole process: node test/bench/validate.ts [NADS] [RUNS].
 * Prints a line, with the CPU time, which other programs on the machine change little; the project's budget is 0.5 s for 1,000, of which the start of the program is a part.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ordinaryConfigs } from "./configs.ts";

/** Exit code 1: it found errors, which some of the configurations have. */
const TIMED = '"$0" validate -f "$1" -o json > /dev/null; test $? -le 1 && times';
const [count = 1_000, runs = 5] = process.argv.slice(2).map(Number);
const program = resolve(import.meta.dirname, "../../bin/multus-operator");
const directory = mkdtempSync(join(tmpdir(), "validate-bench-"));
try {
  const file = join(directory, "nads.yaml");
  const configs = ordinaryConfigs(count);
  writeFileSync(file, configs.map(manifest).join("---\n"));
  const times: number[] = [];
  const cpu: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = process.hrtime.bigint();
    const output = execFileSync("sh", ["-c", TIMED, program, file], { encoding: "utf8" });
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    cpu.push(cpuSecondsIn(output) * 1000);
  }
  times.sort((a, b) => a - b);
  cpu.sort((a, b) => a - b);
  const [least, most] = [times[0] ?? 0, times.at(-1) ?? 0];
  const median = times[times.length >> 1] ?? 0;
  process.stdout.write(
    `validate, ${count} NADs in one file, ${runs} runs: median ${median.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)}), CPU ${(cpu[cpu.length >> 1] ?? 0).toFixed(0)} ms\n`,
  );
} finally {
  rmSync(directory, { recursive: true });
}

/** The second line of the shell's `times`: user and system time of its children, "0m0.412s 0m0.051s". */
function cpuSecondsIn(output: string): number {
  const parts = [...(output.trim().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

function manifest(config: string, index: number): string {
  const indented = JSON.stringify(JSON.parse(config), null, 2).replaceAll("\n", "\n    ");
  return `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: nad-${index}}\nspec:\n  config: |\n    ${indented}\n`;
}
