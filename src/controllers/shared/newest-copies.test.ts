import { expect, it } from "vitest";
import type { ApiObject } from "../../kube/resource.ts";
import { NewestCopies } from "./newest-copies.ts";

const at = (resourceVersion: string): ApiObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", resourceVersion },
});

it("prefers the answer to a write until the watch shows one that is as new", () => {
  let seen: ApiObject | undefined = at("9");
  const copies = new NewestCopies(() => seen);
  expect(copies.get("a")).toBe(seen);
  const answer = at("10"); // "10" < "9" as text
  copies.wrote("a", answer);
  expect(copies.get("a")).toBe(answer);
  seen = at("10");
  expect(copies.get("a")).toBe(seen);
  seen = at("9");
  expect(copies.get("a")).toBe(seen); // the answer is forgotten once it was seen
});

it("forgets what it wrote once the watch shows that the object is gone", () => {
  const copies = new NewestCopies(() => undefined);
  copies.wrote("a", at("10"));
  expect(copies.get("a")).toBeDefined();
  copies.forget("a");
  expect(copies.get("a")).toBeUndefined();
});
