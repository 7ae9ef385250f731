/**
 * Where the operator's memory is: of the resident memory what is Node's file, and of V8's heap what each part takes, from a
 * heap snapshot of a process that has just started and written all reports. After make build:
 *
 *   npm exec -- node test/bench/heap.ts [--sizes 0,20000] [--bundle FILE]
 *
 * Progress goes to standard error, the result as Markdown to standard output. --bundle profiles another build, such as that
 * of an older commit.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startControlPlane } from "../cluster/control-plane.ts";
import { type Daemon, waitUntil } from "../cluster/daemon.ts";
import { progress } from "./budgets.ts";
import { HEAP_PARTS, type HeapFigures, type HeapPart, heapFigures } from "./heap/snapshot.ts";
import { type Memory, settledMemory } from "./process-figures.ts";
import { Scale } from "./scale/run.ts";

const MIB = 1024 * 1024;

interface Profile {
  pods: number;
  /** Before the snapshot, which takes memory itself. */
  memory: Memory;
  heap: HeapFigures;
}

const { values } = parseArgs({
  options: { sizes: { type: "string", default: "0,20000" }, bundle: { type: "string" } },
});
const sizes = values.sizes.split(/[ ,]+/).filter(Boolean).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 0)) throw new Error("--sizes are numbers of pods");

await using plane = await startControlPlane();
const directory = mkdtempSync(join(plane.directory, "heap-"));
const scale = await Scale.start(plane, undefined);
const profiles: Profile[] = [];
for (const pods of sizes.toSorted((a, b) => a - b)) {
  const options = {
    nodeArgs: ["--heapsnapshot-signal=SIGUSR2", `--diagnostic-dir=${directory}`],
    ...(values.bundle === undefined ? {} : { bundle: values.bundle }),
  };
  const found = await scale.withOperator(pods, options, async (operator) => {
    const memory = await settledMemory(operator.pid);
    return { memory, heap: await profileOf(operator) };
  });
  progress(`${pods} pods: ${JSON.stringify(found)}`);
  profiles.push({ pods, ...found });
}
await scale.stop();
process.stdout.write(markdown(profiles));

/** The process collects its garbage first, and writes the snapshot while it stands still. */
async function profileOf(operator: Daemon): Promise<HeapFigures> {
  process.kill(operator.pid, "SIGUSR2");
  let text = "";
  await waitUntil(
    "the heap snapshot",
    () => {
      const [file] = readdirSync(directory).filter((name) => name.endsWith(".heapsnapshot"));
      if (file === undefined) return false;
      text = readFileSync(join(directory, file), "utf8");
      if (!text.trimEnd().endsWith("}")) return false; // not whole yet
      rmSync(join(directory, file));
      return true;
    },
    { check: () => operator.assertRunning() },
  );
  return heapFigures(text);
}

function markdown(all: readonly Profile[]): string {
  const row = (name: string, cell: (of: Profile) => number) =>
    `| ${name} | ${all.map((each) => cell(each).toFixed(1)).join(" | ")} |`;
  const parts = Object.entries(HEAP_PARTS) as [HeapPart, string][];
  return [
    `| MiB | ${all.map(({ pods }) => `${pods.toLocaleString("en")} pods`).join(" | ")} |`,
    `|---|${all.map(() => "---|").join("")}`,
    row("resident memory", ({ memory }) => memory.resident),
    row("of which Node's file and libraries", ({ memory }) => memory.resident - memory.anonymous),
    row("of which anonymous", ({ memory }) => memory.anonymous),
    row("V8's heap and buffers in use", ({ heap }) => heap.total / MIB),
    ...parts.map(([part, name]) => row(`of which ${name}`, ({ heap }) => heap.parts[part] / MIB)),
    "",
    "The heap is that of a snapshot, after a garbage collection. What is anonymous and not in it is free space of the heap, and memory of Node, OpenSSL and glibc.",
    "",
  ].join("\n");
}
