import { expect, it } from "vitest";
import { table } from "./table.ts";

it("aligns columns, and a cell cannot break out of its line", () => {
  expect(
    table(
      ["pod", "why"],
      [
        ["web-1", "two\nlines\u001b[2J"],
        ["a", ""],
      ],
    ),
  ).toBe("POD     WHY\nweb-1   two lines\\x1b[2J\na       -\n");
});
