import { expect, it } from "vitest";
import { lostNetworksWarning } from "./lost-networks.ts";

it("names the networks that running pods have and that no longer exist", () => {
  expect(lostNetworksWarning([])).toBeUndefined();
  expect(lostNetworksWarning([{ network: "shop/lan", pods: 1 }])).toBe(
    "1 running pod uses a NetworkAttachmentDefinition that no longer exists (shop/lan): create it again before the pod restarts",
  );
  const many = Array.from({ length: 7 }, (_, n) => ({ network: `a/n${n}`, pods: 2 }));
  expect(lostNetworksWarning(many)).toBe(
    "up to 14 running pods use 7 NetworkAttachmentDefinitions that no longer exist (a/n0, a/n1, a/n2, a/n3, a/n4 and 2 more): create them again before the pods restart",
  );
});
