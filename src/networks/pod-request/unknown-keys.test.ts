import { expect, test } from "vitest";
import { unknownKeys } from "./unknown-keys.ts";

const keysIn = (annotation: string) => unknownKeys(annotation).map(({ key }) => key);

test("keys that nothing reads, each once", () => {
  expect(keysIn('[{"name":"a","gateway":[]},{"name":"b","GATEWAY":[],"gateway":[]}]')).toEqual([
    "gateway",
    "GATEWAY",
  ]);
  expect(keysIn("a,b@net1")).toEqual([]);
});

// NetworkSelectionElement of network-attachment-definition-client 1.7.6: OVN-Kubernetes reads it from the pod.
test("the key of the standard that Multus leaves to the network's own plugin", () => {
  expect(keysIn('[{"name":"a","ipam-claim-reference":"vm-a"}]')).toEqual([]);
});
