import { expect, test } from "vitest";
import type { Action } from "./actions.ts";
import { inBatches } from "./batches.ts";

const apply = (kind: string, name = "multus"): Action => ({
  kind: "Apply",
  object: { apiVersion: "v1", kind, metadata: { name } },
  adopt: false,
});
const RECORD: Action = { kind: "Record", entries: [] };

function kindsOf(actions: Action[]): string[] {
  return inBatches(actions).map((batch) =>
    batch.map((action) => (action.kind === "Apply" ? action.object.kind : action.kind)).join(" "),
  );
}

test("a binding follows its role, and a DaemonSet everything before it", () => {
  const kinds = [
    "CustomResourceDefinition",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "DaemonSet",
  ];
  expect(kindsOf(kinds.map((kind) => apply(kind)))).toEqual([
    "CustomResourceDefinition ServiceAccount ClusterRole",
    "ClusterRoleBinding ConfigMap",
    "DaemonSet",
  ]);
});

test("nothing is applied together with a DaemonSet, nor with the next one", () => {
  expect(kindsOf([apply("DaemonSet", "a"), apply("DaemonSet", "b"), apply("ConfigMap")])).toEqual([
    "DaemonSet",
    "DaemonSet",
    "ConfigMap",
  ]);
});

test("what is not an apply waits for all before it, and all after it wait for it", () => {
  expect(kindsOf([RECORD, apply("ConfigMap"), RECORD, RECORD, apply("ServiceAccount")])).toEqual([
    "Record",
    "ConfigMap",
    "Record",
    "Record",
    "ServiceAccount",
  ]);
});
