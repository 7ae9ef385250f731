import { expect, it } from "vitest";
import { counted } from "./plural.ts";

it.each([
  [0, "0 nodes"],
  [1, "1 node"],
  [2, "2 nodes"],
])("a noun agrees with the number %i", (number, text) => expect(counted(number, "node")).toBe(text));

it("takes a plural that is not formed with an s", () =>
  expect(counted(2, "address", "addresses")).toBe("2 addresses"));
