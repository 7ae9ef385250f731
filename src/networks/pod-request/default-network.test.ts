import { expect, it } from "vitest";
import { parseDefaultNetwork } from "./default-network.ts";

it.each([
  ["lan", "kube-system/lan"],
  ["apps/lan", "apps/lan"],
  ['[{"name": "lan"}]', "kube-system/lan"],
  ["", "MISSING_NAME"],
  ["[]", "MISSING_NAME"],
  ["a,b", "TOO_MANY"],
  ["a/b/c", "BAD_NAME"],
  ["[null]", "NULL_ELEMENT"],
])("reads %j: %s", (annotation, expected) => {
  const parsed = parseDefaultNetwork(annotation);
  const found = parsed.ok ? `${parsed.request.namespace}/${parsed.request.name}` : parsed.problem.code;
  expect(found).toBe(expected);
});
