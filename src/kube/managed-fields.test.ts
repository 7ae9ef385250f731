import { describe, expect, it } from "vitest";
import { type ManagedFieldsEntry, ownsByApply, transferred } from "./managed-fields.ts";

const entry = (
  manager: string,
  operation: string,
  fields: object,
  more: object = {},
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  fieldsV1: fields as never,
  ...more,
});
const isKubectl = (manager: string) => manager.startsWith("kubectl");

describe("handedOver", () => {
  const status = entry("kube-controller-manager", "Update", { "f:status": {} }, { subresource: "status" });
  const other = entry("annotator", "Update", { "f:metadata": { "f:annotations": { "f:mine": {} } } });
  const kubectl = entry("kubectl-client-side-apply", "Update", {
    "f:spec": { "f:a": {}, 'k:{"name":"x"}': { ".": {} } },
  });

  it("unites the fields of those taken over with the manager's own, and leaves the others", () => {
    const ours = entry("us", "Apply", { "f:spec": { "f:b": {} } });
    expect(transferred([kubectl, other, ours, status], isKubectl, "us")).toEqual([
      entry("us", "Apply", { "f:spec": { "f:a": {}, 'k:{"name":"x"}': { ".": {} }, "f:b": {} } }),
      other,
      status,
    ]);
  });

  it("makes an entry where the manager had none", () => {
    expect(transferred([kubectl], isKubectl, "us")).toEqual([
      entry("us", "Apply", kubectl.fieldsV1 as object),
    ]);
  });

  it("leaves a subresource's entry, and has nothing to say where nobody is taken over", () => {
    const patched = entry("kubectl-patch", "Update", { "f:status": {} }, { subresource: "status" });
    expect(transferred([patched, other], isKubectl, "us")).toBeUndefined();
  });
});

describe("ownsByApply", () => {
  const object = (entries: ManagedFieldsEntry[]) => ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "x", managedFields: entries },
  });

  it.each([
    [entry("us", "Apply", { "f:spec": { "f:template": { "f:spec": {} } } }), true],
    [entry("us", "Apply", { "f:spec": { "f:minReadySeconds": {} } }), false],
    [entry("us", "Update", { "f:spec": { "f:template": {} } }), false],
    [entry("them", "Apply", { "f:spec": { "f:template": {} } }), false],
  ])("tells whose a field is", (managed, expected) => {
    expect(ownsByApply(object([managed]), "us", ["f:spec", "f:template"])).toBe(expected);
  });
});
