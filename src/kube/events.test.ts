import { expect, it } from "vitest";
import { eventName } from "./events.ts";

const LONG = "a".repeat(199);

it.each([
  ["multus", "multus.0f"],
  [`${LONG}bcd`, `${LONG}b.0f`],
  [`${LONG}-cd`, `${LONG}.0f`],
  [`${LONG}.cd`, `${LONG}.0f`],
  [`${"a".repeat(198)}--cd`, `${"a".repeat(198)}.0f`],
])("an event about %s has a name that is a DNS subdomain", (object, name) => {
  expect(eventName(object, "0f")).toBe(name);
});
