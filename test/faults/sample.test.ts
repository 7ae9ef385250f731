import { afterAll, beforeAll, expect, it } from "vitest";
import type { Result } from "./engine.ts";
import { type cells, sampleOf } from "./generate.ts";
import { Pool } from "./pool.ts";

/** Every class of faults and every workload at least once (`make faults-all` runs thousands; docs/reliability.md). */

const LANES = 2;
const SEED = 1;
let pool: Pool;
let all: ReturnType<typeof cells>;

beforeAll(async () => {
  pool = await Pool.start(LANES);
  all = await pool.record();
});
afterAll(async () => await pool?.stop());

it("meets no violation in a sample of all classes and workloads", { timeout: 900_000 }, async () => {
  const results: Result[] = [];
  const plans = sampleOf(all, SEED);
  await pool.run(plans, (result) => results.push(result));
  const bad = results.filter(({ violations }) => violations.length > 0);
  expect(bad, bad.map(({ id }) => `make faults PLAN=${id}`).join("\n")).toEqual([]);
  expect(results).toHaveLength(plans.length);
  // A timing may keep a plan from its place; a place that is none would keep all of them.
  expect(results.filter(({ isStruck }) => isStruck).length).toBeGreaterThan(0.8 * plans.length);
});
