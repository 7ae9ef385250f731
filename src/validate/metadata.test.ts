import { expect, it } from "vitest";
import { checkMetadata } from "./metadata.ts";

const found = (metadata: unknown) =>
  checkMetadata(metadata, ["metadata"]).map(({ path, code, message }) => `${path} ${code} ${message}`);

it.each([
  {},
  { name: "a.b-c", namespace: "kube-system", labels: { a: "" }, annotations: null },
  { generateName: "net-", annotations: { "x.y/z": "1", a: null }, creationTimestamp: null },
  { name: "x".repeat(253) },
])("accepts %j", (metadata) => {
  expect(found(metadata)).toEqual([]);
});

it.each([
  [
    { name: "Iot_Net" },
    'metadata.name INVALID_VALUE must be a lowercase DNS name of at most 253 characters: a-z, 0-9, - and . (it is "Iot_Net")',
  ],
  [{ name: "x".repeat(254) }, "metadata.name INVALID_VALUE"],
  [{ name: "-a" }, "metadata.name INVALID_VALUE"],
  [
    { name: false },
    "metadata.name WRONG_TYPE must be a string; kubectl uses YAML 1.1, which reads it as false: put it in quotes",
  ],
  [{ namespace: "a.b" }, "metadata.namespace INVALID_VALUE"],
  [{ labels: { app: 1 } }, "metadata.labels.app WRONG_TYPE must be a string (it is 1): put it in quotes"],
  [{ annotations: [] }, "metadata.annotations WRONG_TYPE must be an object (it is [])"],
  [
    { "k8s.v1.cni.cncf.io/networks": "a" },
    'metadata["k8s.v1.cni.cncf.io/networks"] UNKNOWN_FIELD unknown field; it belongs below annotations or labels: indent it',
  ],
  [{ lables: {} }, "metadata.lables UNKNOWN_FIELD unknown field; did you mean labels?"],
])("rejects %j as the API server does", (metadata, expected) => {
  expect(found(metadata)).toEqual([expect.stringContaining(expected) as string]);
});
