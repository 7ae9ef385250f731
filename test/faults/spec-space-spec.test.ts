import { expect, it } from "vitest";
import { applied } from "./spec-space-spec.ts";

const selecting = (nodeSelector?: object) => ({
  mode: "Thin",
  workload: { labels: { a: "b" }, nodeSelector },
});
const { nodeSelector: _, ...rest } = selecting().workload;

it("removes a map before it applies it empty, since the API server makes null of a map that is emptied", () => {
  const empty = selecting({});
  expect(applied(selecting({ one: "x" }), empty)).toEqual([{ mode: "Thin", workload: rest }, empty]);
  const only = (workload: object) => ({ workload });
  expect(
    applied(only({ resources: { requests: { cpu: "1" } } }), only({ resources: { requests: {} } })),
  ).toEqual([{}, only({ resources: { requests: {} } })]);
});

it("applies everything else at once", () => {
  for (const from of [undefined, { mode: "Thin" }, selecting({}), selecting({ two: "y" })])
    expect(applied(from, selecting({ one: "x" }))).toEqual([selecting({ one: "x" })]);
  for (const from of [undefined, { mode: "Thin" }, { workload: rest }, selecting({})])
    expect(applied(from, selecting({}))).toEqual([selecting({})]);
  expect(applied({ image: { pullSecrets: ["a"] } }, { image: { pullSecrets: [] } })).toHaveLength(1);
});
