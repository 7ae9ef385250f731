import { expect, it } from "vitest";
import { CLUSTER_ROLES, collectionPath, DAEMON_SETS, describe, PODS, pathOf, refOf } from "./resource.ts";

it("makes the API server's paths: core and group, with and without a namespace, names as they are", () => {
  expect(collectionPath(PODS)).toBe("/api/v1/pods");
  expect(collectionPath(DAEMON_SETS, "kube-system")).toBe("/apis/apps/v1/namespaces/kube-system/daemonsets");
  expect(pathOf({ type: CLUSTER_ROLES, name: "system:Foo" })).toBe(
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3AFoo",
  );
  expect(pathOf({ type: PODS, namespace: "a", name: "b" }, "status")).toBe(
    "/api/v1/namespaces/a/pods/b/status",
  );
});

it("rejects a namespaced object without its namespace, and a kind that it does not know", () => {
  expect(() => pathOf({ type: PODS, name: "b" })).toThrow("requires a namespace");
  expect(() => refOf({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } })).toThrow("v1 Secret");
});

it("names an object for people", () => {
  expect(describe({ type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" })).toBe(
    "DaemonSet kube-system/kube-multus-ds",
  );
});
