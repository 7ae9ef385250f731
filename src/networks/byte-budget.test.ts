import { expect, it } from "vitest";
import { ByteBudget } from "./byte-budget.ts";

it("bounds each namespace and all of them, and gives back what is released", () => {
  const budget = new ByteBudget({ total: 100, perNamespace: 60 });
  expect(budget.hold("a/one", 50)).toBe(true);
  expect(budget.hold("a/two", 20)).toBe(false);
  expect(budget.exceeded("a/two", 20)).toBe("perNamespace");
  expect(budget.hold("b/one", 50)).toBe(true);
  expect(budget.hold("c/one", 10)).toBe(false);
  expect(budget.exceeded("c/one", 10)).toBe("total");
  expect(budget.hold("a/one", 40)).toBe(true);
  expect(budget.exceeded("c/one", 10)).toBeUndefined();
  expect(budget.hold("c/one", 10)).toBe(true);
  budget.release("a/one");
  budget.release("a/one");
  budget.release("a/two");
  expect(budget.bytes).toBe(60);
  expect(budget.hold("a/two", 40)).toBe(true);
});

it("gives back what was held if more of the same object does not fit", () => {
  const budget = new ByteBudget({ total: 100, perNamespace: 60 });
  budget.hold("a/one", 50);
  expect(budget.hold("a/one", 70)).toBe(false);
  expect(budget.bytes).toBe(0);
});
