import { expect, it } from "vitest";
import { newLines } from "./watch.ts";

it("prints what has changed in a table, whatever the width of its columns", () => {
  const before = "POD   OUTCOME\na     pending\nb     attached\n";
  const after = "POD       OUTCOME\na         attached\nb         attached\nlong-name pending\n";
  expect(newLines(before, after)).toBe("a         attached\nlong-name pending\n");
  expect(newLines(before, before)).toBe("");
});
