import { expect, test } from "vitest";
import { type ConfigVersion, changeSince, differencesOf } from "./config-history.ts";

const first: ConfigVersion = {
  since: "2026-11-24T10:00:00Z",
  generation: 1,
  hash: "a",
  config: '{"type":"macvlan","mtu":1500,"ipam":{"ranges":[[{"subnet":"10.0.0.0/24"}]]}}',
};
const second: ConfigVersion = {
  since: "2026-11-24T11:00:00Z",
  generation: 2,
  hash: "b",
  config: '{"type":"macvlan","mtu":1400,"ipam":{"ranges":[[{"subnet":"10.0.1.0/24"}]]}}',
};

test("a change after the attachment, and what differs", () => {
  expect(changeSince([first, second], Date.parse("2026-11-24T10:30:00Z"))).toEqual({
    at: second.since,
    differences: ["mtu: 1500 → 1400", 'ipam.ranges[0][0].subnet: "10.0.0.0/24" → "10.0.1.0/24"'],
  });
});

test("none: attached since, attached in the same second, changed back, or only written otherwise", () => {
  expect(changeSince([first, second], Date.parse("2026-11-24T11:00:00Z"))).toBeUndefined();
  expect(changeSince([first, second], Date.parse("2026-11-24T12:00:00Z"))).toBeUndefined();
  const back = { ...first, since: "2026-11-24T11:30:00Z", generation: 3 };
  expect(changeSince([first, second, back], Date.parse("2026-11-24T10:30:00Z"))).toBeUndefined();
  const spaced = { ...second, config: ` ${first.config}` };
  expect(changeSince([first, spaced], Date.parse("2026-11-24T10:30:00Z"))).toBeUndefined();
});

test("what was not seen is not made up", () => {
  // The first version seen is the second generation: it changed, from what is not known.
  expect(changeSince([second], Date.parse("2026-11-24T10:30:00Z"))).toEqual({
    at: second.since,
    differences: [],
  });
  // A first generation younger than the pod: made anew, perhaps with the same content.
  expect(changeSince([first], Date.parse("2026-11-24T09:00:00Z"))).toBeUndefined();
  const { config: _, ...unknown } = first;
  expect(changeSince([unknown, second], Date.parse("2026-11-24T10:30:00Z"))?.differences).toEqual([]);
});

test("differences are bounded, and of any text", () => {
  const many = (value: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key${i}`, value])));
  expect(differencesOf(many(1), many(2))).toHaveLength(9);
  expect(differencesOf("{", "}")).toEqual(["the whole text"]);
  expect(differencesOf("", "{}")).toEqual([]);
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  expect(differencesOf(deep(9000), deep(9000))).toEqual([]);
});
