/**
 * Plans of faults: `node test/faults/main.ts sample`, `… plan ID…`, `… all`, `… mutants`, `… table`. PLANS: how many (3000); LANES: stages
 * side by side (3); SEED; RESULTS: the file that a long run continues; MINUTES: how long it runs; AGAIN=1: plans with violations
 * run again; REPORT=no: the page of results stays as it is.
 */
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import type { Result } from "./engine.ts";
import { plansOf, sampleOf } from "./generate.ts";
import { MUTANTS } from "./mutants.ts";
import { parsePlan } from "./plan.ts";
import { Pool } from "./pool.ts";
import { writeReport, writeSection } from "./report.ts";
import { Results } from "./results.ts";
import { groupTable, markdown } from "./table.ts";
import { workloadOf } from "./workloads.ts";

const number = (name: string, otherwise: number) => Number(process.env[name] || otherwise);
const LANES = number("LANES", 3);
const SEED = number("SEED", 1);
const PLANS = number("PLANS", 3000);
const RESULTS = process.env.RESULTS || `dist/faults-${SEED}-${PLANS}.jsonl`;

const git = (...args: string[]) => execFileSync("git", args, { encoding: "utf8" }).trim();
/** What runs is what was there at the start. */
const COMMIT = git("describe", "--always", "--dirty", "--abbrev=10", "--exclude=*");

function show({ id, isStruck, violations, ms }: Result): void {
  if (violations.length === 0 && process.env.QUIET) return;
  const end = violations.length > 0 ? "VIOLATION" : isStruck ? "ok" : "ok (its place was not reached)";
  console.log(`${(ms / 1000).toFixed(1).padStart(5)} s  ${id}  ${end}`);
  for (const { oracle, what } of violations) console.log(`         ${oracle}: ${what.slice(0, 1000)}`);
  if (violations.length > 0) console.log(`         again: make faults PLAN=${id}`);
}

async function withPool<T>(lanes: number, act: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = await Pool.start(lanes);
  try {
    return await act(pool);
  } finally {
    await pool.stop();
  }
}

async function plans(ids: readonly string[]): Promise<number> {
  let bad = 0;
  await withPool(1, async (pool) => {
    await pool.run(ids.map(parsePlan), (result) => {
      show(result);
      if (result.violations.length > 0) bad++;
    });
  });
  return bad;
}

async function sample(): Promise<number> {
  const results: Result[] = [];
  await withPool(LANES, async (pool) => {
    await pool.run(sampleOf(await pool.record(), SEED), (result) => {
      show(result);
      results.push(result);
    });
  });
  console.log(`\n${groupTable(results)}`);
  return results.filter(({ violations }) => violations.length > 0).length;
}

async function all(): Promise<number> {
  const until = Date.now() + number("MINUTES", 600) * 60_000;
  await withPool(LANES, async (pool) => {
    const cells = await pool.record();
    const results = await Results.open(RESULTS, async () => plansOf(cells, PLANS, SEED));
    console.log(`${results.last.length} of ${results.plans.length} plans are done in ${RESULTS}`);
    const left = results.left(Boolean(process.env.AGAIN));
    const began = performance.now();
    let done = 0;
    // In pieces, so that it can end in time.
    while (left.length > 0 && Date.now() < until)
      await pool.run(left.splice(0, 60), (result) => {
        show(result);
        results.add(result, COMMIT);
        if (++done % 50 !== 0) return;
        const bad = results.last.filter(({ violations }) => violations.length > 0).length;
        const hourly = Math.round((done / (performance.now() - began)) * 3_600_000);
        console.log(
          `-- ${results.last.length} of ${results.plans.length}, ${bad} with violations, ${hourly} an hour`,
        );
      });
    const hourly = Math.round((done / (performance.now() - began)) * 3_600_000);
    console.log(`${done} plans in this run, ${hourly} an hour`);
  });
  return await table();
}

/** Those that no oracle found are the bad ones here. */
async function mutants(): Promise<number> {
  const rows: string[][] = [];
  let missed = 0;
  await withPool(LANES, async (pool) => {
    await pool.hunt(MUTANTS, ({ name }, { id, violations }) => {
      if (violations.length === 0) missed++;
      const oracles = [...new Set(violations.map(({ oracle }) => oracle))].join(", ");
      rows.push([name, oracles || "**none**", `\`${id}\``]);
      console.log(`${violations.length > 0 ? "caught" : "MISSED"}  ${name}`);
      for (const { oracle, what } of violations.slice(0, 3))
        console.log(`        ${oracle}: ${what.slice(0, 300)}`);
    });
  });
  const found = markdown(["Mutant", "Oracles that caught it", "Plan"], rows);
  writeSection(
    "faults-mutants",
    `\`make faults-mutants\`, ${today()}, commit ${COMMIT}: ${rows.length - missed} of ${rows.length} caught.\n\n${found}`,
  );
  console.log(found);
  return missed;
}

const today = () => new Date().toISOString().slice(0, 10);

async function table(): Promise<number> {
  const results = await Results.open(RESULTS, async () => []);
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  if (process.env.REPORT !== "no") writeReport(results, machine);
  console.log(groupTable(results.last));
  return results.last.filter(({ violations }) => violations.length > 0).length;
}

const [what, ...ids] = process.argv.slice(2);
for (const id of ids) workloadOf(parsePlan(id).workload);
const actions: Record<string, () => Promise<number>> = {
  sample,
  all,
  table,
  mutants,
  plan: () => plans(ids),
};
const bad = await (actions[what ?? "sample"] ?? sample)();
console.log(bad > 0 ? `${bad} plans with violations` : "no violations");
process.exit(bad > 0 ? 1 : 0);
