import { expect, it } from "vitest";
import { keptBytes, type NadView, nadView } from "../../networks/nad-view.ts";
import { NadBudget } from "./nad-budget.ts";

const nad = (key: string, config = "{}"): NadView => {
  const [namespace, name] = key.split("/");
  return nadView({ metadata: { namespace, name }, spec: { config } });
};
const SIZE = keptBytes(nad("a/one"));
const SECOND = 1000;
const MINUTE = 60 * SECOND;

let now = 0;
/** Room for three NADs, two of one namespace. */
const budget = () => new NadBudget({ total: 3 * SIZE, perNamespace: 2 * SIZE }, () => now);
const isRead = ({ tooLarge }: NadView) => tooLarge === undefined;

it("names the limit for which a NAD is not read", () => {
  const full = budget();
  for (const key of ["a/one", "a/two", "b/one"]) expect(isRead(full.admit(nad(key)))).toBe(true);
  expect(full.admit(nad("a/three")).tooLarge).toMatch(/namespace whose NADs are larger than 2 MiB/);
  expect(full.admit(nad("b/two"))).toMatchObject({
    config: "",
    tooLarge: expect.stringMatching(/cluster whose NADs are larger than 24 MiB/),
  });
});

it("asks for a list when a NAD that was not read has room, and reads it in that list", () => {
  const full = budget();
  for (const key of ["a/one", "a/two", "a/three"]) full.admit(nad(key));
  expect(full.needsList()).toBe(false);
  now += SECOND;
  full.release("a/one");
  expect(full.needsList()).toBe(false); // others may follow
  now += 10 * SECOND;
  expect(full.needsList()).toBe(true);
  expect(["a/two", "a/three"].map((key) => isRead(full.admit(nad(key))))).toEqual([true, true]);
  now += 5 * MINUTE;
  expect(full.needsList()).toBe(false);
});

it("asks for no list if room became free for none that was not read, or if that one is gone", () => {
  const full = budget();
  for (const key of ["a/one", "a/two", "a/three", "b/one"]) full.admit(nad(key));
  full.release("b/one");
  for (let second = 0; second < 20; second++, now += SECOND) expect(full.needsList()).toBe(false);
  full.release("a/three");
  full.release("a/one");
  for (let second = 0; second < 20; second++, now += SECOND) expect(full.needsList()).toBe(false);
});

it("asks once in five minutes, however often a tenant frees room", () => {
  const full = budget();
  let lists = 0;
  for (let second = 0; second < 600; second++, now += SECOND) {
    for (const key of ["a/one", "a/two", "a/three"]) full.admit(nad(key));
    if (second % 60 > 10) full.release("a/one");
    if (full.needsList()) lists++;
  }
  expect(lists).toBe(2);
});
