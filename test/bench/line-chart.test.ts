import { expect, test } from "vitest";
import { lineChart } from "./line-chart.ts";

const CHART = {
  title: "Memory",
  xLabel: "pods",
  yLabel: "MiB",
  lines: [
    {
      name: "operator",
      points: [
        { x: 1000, y: 80 },
        { x: 10_000, y: 90 },
        { x: 100_000, y: 120 },
      ],
    },
  ],
};

test("equal figures give the same bytes", () => {
  expect(lineChart(CHART)).toBe(lineChart(structuredClone(CHART)));
});

test("a decade is as wide as the next one, and the axis begins at 0", () => {
  const circles = [...lineChart(CHART).matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)];
  const [a = 0, b = 0, c = 0] = circles.map(([, x]) => Number(x));
  expect(b - a).toBeCloseTo(c - b, 0);
  const [first = 0, , last = 0] = circles.map(([, , y]) => 252 - Number(y));
  expect(first / last).toBeCloseTo(80 / 120, 1);
});
