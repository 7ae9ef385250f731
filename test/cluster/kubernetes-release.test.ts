import { expect, test } from "vitest";
import { CONTROL_PLANE_NEEDS } from "./control-plane.ts";
import { requestedKubernetes } from "./kubernetes-release.ts";

test.each([
  [undefined, "1.36"],
  ["", "1.36"],
  ["1.30", "1.30"],
  ["1.33", "1.33"],
])("KUBERNETES_VERSION=%s asks for %s", (text, minor) => expect(requestedKubernetes(text)).toBe(minor));

test.each(["1.29", "v1.30.14", "toString"])("a release that is not pinned is rejected: %s", (text) =>
  expect(() => requestedKubernetes(text)).toThrow("pinned are: 1.30, 1.33, 1.36"),
);

test("the servers are those of the release, etcd and kubectl the same for all", () => {
  const suffix = requestedKubernetes() === "1.36" ? "" : `-${requestedKubernetes()}`;
  expect(CONTROL_PLANE_NEEDS.programs).toEqual([
    "etcd",
    `kube-apiserver${suffix}`,
    `kube-controller-manager${suffix}`,
    `kube-scheduler${suffix}`,
    "kubectl",
  ]);
});
