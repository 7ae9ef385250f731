import { expect, test } from "vitest";
import { RequestCache } from "./request-cache.ts";

test("pods of one workload share what was read of their request; another namespace reads it for itself", () => {
  const cache = new RequestCache();
  expect(cache.read("net,bare", "apps")).toBe(cache.read("net,bare", "apps"));
  expect(cache.read("net", "other")).toMatchObject({
    ok: true,
    requests: [{ namespace: "other", name: "net" }],
  });
});

test("the first 64 networks count", () => {
  const many = new RequestCache().read(Array.from({ length: 100 }, () => "net").join(","), "apps");
  expect(many.ok && many.requests).toHaveLength(64);
});

test("requests are forgotten once they take too many bytes", () => {
  const cache = new RequestCache();
  const first = cache.read("net", "apps");
  for (let n = 0; n < 30; n++) cache.read(`net${n}-`.padEnd(15_000, "x"), "apps");
  expect(cache.read("net", "apps")).toBe(first);
  for (let n = 0; n < 10; n++) cache.read(`other${n}-`.padEnd(15_000, "x"), "apps");
  expect(cache.read("net", "apps")).not.toBe(first);
});
