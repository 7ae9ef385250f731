import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { parsePlan } from "./plan.ts";
import { patched } from "./victim/bundle.ts";

it.each(MUTANTS)("$name: fits the source", ({ patches, plans }) => {
  for (const patch of patches) expect(patched(readFileSync(patch.file, "utf8"), patch)).toContain(patch.to);
  for (const plan of plans) parsePlan(plan);
});
