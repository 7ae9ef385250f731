import { expect, it } from "vitest";
import { nameOf, namespaceOf, partsOf } from "./namespaced-name.ts";

it.each([
  ["team-a/net", "team-a", "net"],
  ["team-a/", "team-a", ""],
  ["net", "", "net"],
])("takes %s apart", (key, namespace, name) => {
  expect(partsOf(key)).toEqual({ namespace, name });
  expect([namespaceOf(key), nameOf(key)]).toEqual([namespace, name]);
});
