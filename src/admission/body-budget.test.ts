import { expect, it } from "vitest";
import { BodyBudget } from "./body-budget.ts";

it("cuts whoever holds the most", () => {
  const budget = new BodyBudget(100);
  const cut: string[] = [];
  const [large, small, late] = ["large", "small", "late"].map((name) => budget.begin(() => cut.push(name)));
  if (!large || !small || !late) throw new Error("unreachable");
  budget.take(large, 60);
  budget.take(small, 10);
  expect(cut).toEqual([]);
  budget.take(late, 50);
  expect([cut, budget.bytes]).toEqual([["large"], 60]);
  budget.take(large, 60); // what came before it noticed
  budget.end(large);
  expect(budget.bytes).toBe(60);
  budget.end(small);
  budget.end(late);
  expect(budget.bytes).toBe(0);
});

it("cuts a single request that is too much", () => {
  const budget = new BodyBudget(100);
  let isCut = false;
  budget.take(
    budget.begin(() => {
      isCut = true;
    }),
    101,
  );
  expect([isCut, budget.bytes]).toEqual([true, 0]);
});
