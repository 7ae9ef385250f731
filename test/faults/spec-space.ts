/**
 * Every field of a MultusInstall, with every value that the generator knows, on a real API server with hollow nodes:
 * valid, invalid, changed, equal to a fresh install, rolled back.
 *
 *   node test/faults/spec-space.ts --all           every plan
 *   node test/faults/spec-space.ts --every 20      every 20th plan
 *   node test/faults/spec-space.ts --only '^image' the plans whose id matches
 *
 * The first two write their table into docs/reliability-fields.md. Each plan has an id, which `--only` repeats.
 * `--lanes 2` runs on that many clusters at once, `--minutes 10` begins no plan after that time.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { schemaFields } from "../integration/hostile-installs.ts";
import { QUIET } from "./spec-space-bases.ts";
import { type Change, changes, type Refusal, refusals } from "./spec-space-cases.ts";
import { Lane, type Verdict } from "./spec-space-lane.ts";
import { sumOf, tableOf } from "./spec-space-table.ts";

const PAGE = join(import.meta.dirname, "../../docs/reliability-fields.md");
const MARKS = ["<!-- spec space -->", "<!-- end of spec space -->"] as const;

const { values } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    every: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    lanes: { type: "string", default: "1" },
    minutes: { type: "string", default: "600" },
  },
});
const pattern = new RegExp(values.only);
const isChosen = ({ id }: { id: string }, index: number) =>
  pattern.test(id) && index % Number(values.every) === 0;
const all = { changes: changes(), refusals: refusals() };
const chosen = { changes: all.changes.filter(isChosen), refusals: all.refusals.filter(isChosen) };

const begin = performance.now();
const verdicts = await runAll(Number(values.lanes));
const seconds = (performance.now() - begin) / 1000;
const table = tableOf(
  schemaFields().map(({ path }) => path),
  verdicts,
);
const sum = sumOf(verdicts, all.changes.length + all.refusals.length, seconds);
process.stdout.write(`${table}\n\n${sum}\n`);
const bad = verdicts.filter(({ violations }) => violations.length > 0);
if (values.only === "") writePage(`${table}\n\n${sum}.`);
process.exitCode = bad.length > 0 ? 1 : 0;

/** Those from one spec stay together, on whichever lane is free. */
async function runAll(lanes: number): Promise<Verdict[]> {
  const groups = Map.groupBy(chosen.changes, ({ from }) => JSON.stringify(from));
  const queue = [...groups.values()].flatMap((group) => inPieces(group, 40));
  const refused = inPieces(chosen.refusals, Math.ceil(chosen.refusals.length / lanes) || 1);
  const results = await Promise.all(
    Array.from({ length: lanes }, async (_, index) => await runLane(queue, refused[index] ?? [])),
  );
  return results.flat();
}

async function runLane(queue: Change[][], refused: readonly Refusal[]): Promise<Verdict[]> {
  await using lane = await Lane.start();
  const done: Verdict[] = [];
  if (refused.length > 0) done.push(...show(await lane.refuse(refused, QUIET)));
  for (let group = queue.shift(); group; group = queue.shift())
    for (const plan of group) if (isTime()) done.push(...show([await lane.change(plan)]));
  return done;
}

function isTime(): boolean {
  return performance.now() - begin < Number(values.minutes) * 60_000;
}

function show(results: readonly Verdict[]): readonly Verdict[] {
  for (const { id, outcome, violations } of results) {
    if (outcome) process.stderr.write(`${id} ${outcome}\n`);
    for (const { stage, text } of violations) process.stderr.write(`VIOLATION ${id} ${stage}: ${text}\n`);
  }
  return results;
}

function inPieces<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, index) => all.slice(index * size, (index + 1) * size));
}

function writePage(section: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [before = ""] = page.split(MARKS[0]);
  const after = page.split(MARKS[1])[1] ?? "";
  writeFileSync(PAGE, `${before}${MARKS[0]}\n\n${section}\n\n${MARKS[1]}${after}`);
}
