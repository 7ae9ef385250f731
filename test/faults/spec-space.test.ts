import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { QUIET } from "./spec-space-bases.ts";
import { changes, refusals } from "./spec-space-cases.ts";
import { Lane } from "./spec-space-lane.ts";

/**
 * A sample of the space of specs (docs/reliability-fields.md): `node test/faults/spec-space.ts --all` carries out every
 * plan.
 */

/** From these, since each spec to start from is one more install. */
const FROM = [QUIET, { ...QUIET, version: "v3.9.3" }].map((spec) => JSON.stringify(spec));
const CHANGES = 16;
/** hostile-installs.test.ts sends each hostile value: here a few are written into an install that runs. */
const EVERY_REFUSAL = 20;

const candidates = changes().filter(({ from }) => FROM.includes(JSON.stringify(from)));
const sample = candidates.filter((_, index) => index % Math.ceil(candidates.length / CHANGES) === 0);

describe("the space of specs", () => {
  let lane: Lane;

  beforeAll(async () => {
    lane = await Lane.start();
  });
  afterAll(async () => {
    await lane?.[Symbol.asyncDispose]();
  });

  it("refuses what is not right, and leaves the running install as it is", async () => {
    const plans = refusals().filter((_, index) => index % EVERY_REFUSAL === 0);
    const verdicts = await lane.refuse(plans, QUIET);
    expect(verdicts.length).toBe(plans.length);
    expect(verdicts.filter(({ violations }) => violations.length > 0)).toEqual([]);
  });

  it.each(sample)("$id: as a fresh install, and back", async (plan) => {
    const { violations, outcome } = await lane.change(plan);
    expect(violations).toEqual([]);
    expect(outcome).not.toBe("");
  });
});
