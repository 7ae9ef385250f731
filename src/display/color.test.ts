import { expect, it } from "vitest";
import { colored, plain } from "./color.ts";

it("colors what has a tone, and nothing else", () => {
  expect(colored("bad", "WRONG")).toBe("\u001b[31mWRONG\u001b[0m");
  expect(colored(undefined, "x")).toBe("x");
  expect(colored("bad", "  ")).toBe("  ");
  expect(plain("bad", "WRONG")).toBe("WRONG");
});
