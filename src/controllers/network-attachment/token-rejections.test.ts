import { expect, it } from "vitest";
import type { FailureView } from "../../networks/outcome/sandbox-event.ts";
import { TokenRejections } from "./token-rejections.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const event = (change: Partial<FailureView> = {}): FailureView => ({
  byMultus: true,
  message: "error getting pod: Unauthorized",
  uid: "uid-1",
  pod: "shop/web",
  node: "node-1",
  at: "2026-11-24T11:59:00Z",
  ...change,
});

function rejections(
  pods: Record<string, { uid: string; node: string }> = { "shop/web": { uid: "uid-1", node: "node-1" } },
) {
  const published: [string, number | undefined][] = [];
  const errors: unknown[] = [];
  const store = new TokenRejections({
    pod: async (namespace, name) => {
      if (name === "unreadable") throw new Error("forbidden");
      return pods[`${namespace}/${name}`];
    },
    now: () => NOW,
    onChange: (node, at) => published.push([node, at]),
    onError: (error) => errors.push(error),
  });
  return { store, published, errors };
}

it("counts an event of a pod that exists on that node, until the event is gone", async () => {
  const { store, published } = rejections();
  await store.set("e", event());
  await store.set("e", undefined);
  expect(published).toEqual([
    ["node-1", Date.parse("2026-11-24T11:59:00Z")],
    ["node-1", undefined],
  ]);
});

it.each<[string, Partial<FailureView>]>([
  ["of a pod that does not exist", { pod: "shop/none" }],
  ["of an earlier pod of that name", { uid: "uid-0" }],
  ["of a pod on another node", { node: "node-2" }],
  ["from the future", { at: "2099-01-01T00:00:00Z" }],
  ["without a time", { at: "" }],
  ["of a plugin's own credentials", { network: "lan" }],
  ["of a pod that cannot be read", { pod: "shop/unreadable" }],
])("does not count an event %s", async (_, change) => {
  const { store, published } = rejections();
  await store.set("e", event(change));
  expect(published).toEqual([]);
});

it("clamps the time of a clock that is ahead", async () => {
  const { store, published } = rejections();
  await store.set("e", event({ at: "2026-11-24T12:00:30Z" }));
  expect(published).toEqual([["node-1", NOW]]);
});
