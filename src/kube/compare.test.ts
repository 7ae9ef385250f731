import { expect, it } from "vitest";
import { differs } from "./compare.ts";

const live = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name: "a",
    uid: "1",
    resourceVersion: "5",
    generation: 1,
    labels: { app: "x" },
    managedFields: [{}],
  },
  data: { a: "1" },
  status: { seen: 1 },
};

it("does not count what the server writes by itself, nor the status", () => {
  const answer = {
    ...live,
    metadata: {
      ...live.metadata,
      resourceVersion: "6",
      generation: 2,
      managedFields: [{ manager: "another" }],
    },
    status: { seen: 2 },
  };
  expect(differs(live, answer)).toBe(false);
});

it("counts every field that somebody means", () => {
  expect(differs(live, { ...live, data: { a: "2" } })).toBe(true);
  expect(differs(live, { ...live, metadata: { ...live.metadata, labels: {} } })).toBe(true);
  const { data: _, ...without } = live;
  expect(differs(live, without)).toBe(true);
});
