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

it("knows no object that the watch does not show, even if the answer to a write came after its end", () => {
  let seen: ApiObject | undefined = at("9");
  const copies = new NewestCopies(() => seen);
  seen = undefined;
  copies.wrote("a", at("10"));
  expect(copies.get("a")).toBeUndefined();
  seen = at("9"); // an answer that was dropped does not come back
  expect(copies.get("a")).toBe(seen);
});
