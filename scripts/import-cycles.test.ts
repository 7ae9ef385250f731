import { expect, it } from "vitest";
import { betweenSiblings, importCycles } from "./import-cycles.ts";

const edge = (from: string, to: string) => ({ from, to, at: `${from}:1` });

it("names each import of a circle, however long, and none besides", () => {
  const edges = [edge("a.ts", "b.ts"), edge("b.ts", "c.ts"), edge("c.ts", "a.ts"), edge("d.ts", "a.ts")];
  expect(importCycles(edges, "files")).toEqual([
    "a.ts:1: files import each other: a.ts → b.ts → … → a.ts",
    "b.ts:1: files import each other: b.ts → c.ts → … → b.ts",
    "c.ts:1: files import each other: c.ts → a.ts → … → c.ts",
  ]);
  expect(importCycles(edges.slice(1), "files")).toEqual([]);
});

it("finds subfolders of a room that import each other by files that do not", () => {
  const files = [
    edge("src/controllers/install/decide/plan.ts", "src/controllers/install/rollout/assess.ts"),
    edge("src/controllers/install/rollout/live.ts", "src/controllers/install/decide/step.ts"),
  ];
  expect(importCycles(files, "files")).toEqual([]);
  expect(importCycles(betweenSiblings(files), "folders")).toEqual([
    "src/controllers/install/decide/plan.ts:1: folders import each other: src/controllers/install/decide → src/controllers/install/rollout → … → src/controllers/install/decide",
    "src/controllers/install/rollout/live.ts:1: folders import each other: src/controllers/install/rollout → src/controllers/install/decide → … → src/controllers/install/rollout",
  ]);
});

it("lets a folder's own files and the folders below it import each other", () => {
  const files = [
    edge("src/kube/client.ts", "src/kube/watch/watches.ts"),
    edge("src/kube/watch/watches.ts", "src/kube/http.ts"),
  ];
  expect(betweenSiblings(files)).toEqual([]);
});
