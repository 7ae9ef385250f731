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

/** @param live the role that the API server has @param seen the one that the watch shows */
async function rehearsed(live: object | undefined, seen = live): Promise<string[]> {
  const found: string[] = [];
  const scope = {
    deps: {
      owned: { get: () => seen },
      client: {
        get: async () => {
          found.push("GET");
          return live;
        },
      },
      applier: { rehearse: async ({ kind }: KubeObject) => found.push(kind) },
    },
    context: {},
  } as unknown as ReconcileScope;
  await rehearse(scope, [role, binding]);
  return found.toSorted();
}

it("rehearses a binding only if its role is in the cluster as it is applied: who binds it needs all that it allows", async () => {
  expect(await rehearsed(role)).toEqual(["ClusterRole", "ClusterRoleBinding", "GET"]);
  expect(await rehearsed(undefined, role)).toEqual(["ClusterRole", "GET"]);
  expect(await rehearsed({ ...role, rules: [{ ...rules[0], verbs: ["*"] }] })).toEqual([
    "ClusterRole",
    "GET",
  ]);
});

it("does not ask for a role that the watch does not show, and leaves out its binding", async () => {
  expect(await rehearsed(undefined)).toEqual(["ClusterRole"]);
});
