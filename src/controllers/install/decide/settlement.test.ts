import { describe, expect, it } from "vitest";
import { installOf, keptSpec, type Situation } from "../observe/observed.fixture.ts";

import { all, kindsOf, phaseOf, plan, THICK, texts } from "./plans.fixture.ts";

describe("what the previous Multus left", () => {
  const leftovers = (unclean: number) =>
    ({ request: {}, progress: { unclean, failed: 0, warnings: [] } }) as unknown as NonNullable<
      Situation["leftovers"]
    >;
  const thin = installOf({ mode: "Thin", version: "v4.3.0" });

  it("is removed before a replacement is over, and the new spec is kept only then", () => {
    const more = [keptSpec(thin)];
    const cleaning = plan(THICK, { more, leftovers: leftovers(1) }).unchanged;
    expect(phaseOf(cleaning)?.state).toBe("Inspecting");
    expect(texts(cleaning).join()).not.toContain("multus-last-complete");
    const clean = plan(THICK, { more, leftovers: leftovers(0) }).unchanged;
    expect(phaseOf(clean)?.state).toBe("Complete");
    expect(texts(clean)).toContain("Apply ConfigMap kube-system/multus-last-complete");
  });

  it("is removed although its configuration competes with the new one", () => {
    const unhealthy = [{ node: "node-1", reason: "CompetingConfigurations" as const, message: "two" }];
    const found = plan(THICK, { leftovers: leftovers(1), rollout: { unhealthy } }).unchanged;
    expect(kindsOf(found.actions)).toContain("CleanLeftovers");
  });

  it("is left while nodes are not complete", () => {
    const found = plan(THICK, { leftovers: leftovers(1), rollout: { updated: 1 } });
    expect(kindsOf(found.unchanged.actions)).toContain("AbandonLeftovers");
    expect(kindsOf(all(found))).not.toContain("CleanLeftovers");
  });
});
