import { expect, test } from "vitest";
import { mayUse } from "./isolation.ts";

test("without isolation every NAD, with it one's own and those of the global namespaces", () => {
  const off = { enabled: false, globalNamespaces: [] };
  const on = { enabled: true, globalNamespaces: [] };
  const named = { enabled: true, globalNamespaces: ["shared"] };
  expect(mayUse("a", "b", off)).toBe(true);
  expect(mayUse("a", "a", on)).toBe(true);
  expect(mayUse("a", "b", on)).toBe(false);
  expect(mayUse("a", "default", on)).toBe(true);
  // A list of one's own replaces "default".
  expect(mayUse("a", "default", named)).toBe(false);
  expect(mayUse("a", "shared", named)).toBe(true);
});
