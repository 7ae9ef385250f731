import { expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { ReconcileScope } from "../scope.ts";
import { rehearse } from "./rehearsal.ts";

const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
const role = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "multus" },
  rules,
};
const binding = { ...role, kind: "ClusterRoleBinding", roleRef: { kind: "ClusterRole", name: "multus" } };

async function rehearsed(live: object | undefined): Promise<string[]> {
  const kinds: string[] = [];
  const scope = {
    deps: {
      client: { get: async () => live },
      applier: { rehearse: async ({ kind }: KubeObject) => kinds.push(kind) },
    },
    context: {},
  } as unknown as ReconcileScope;
  await rehearse(scope, [role, binding]);
  return kinds;
}

it("rehearses a binding only if its role is in the cluster as it is applied: who binds it needs all that it allows", async () => {
  expect(await rehearsed(role)).toEqual(["ClusterRole", "ClusterRoleBinding"]);
  expect(await rehearsed(undefined)).toEqual(["ClusterRole"]);
  expect(await rehearsed({ ...role, rules: [{ ...rules[0], verbs: ["*"] }] })).toEqual(["ClusterRole"]);
});
