import { describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../../kube/errors.ts";
import { permissionOf } from "../request-failure.ts";
import { remedy } from "./failure.ts";

function rejection(request: string, status: number, message = "", reason = ""): ApiError {
  const [method = "", path = ""] = request.split(" ");
  return new ApiError({ method, path }, status, JSON.stringify({ kind: "Status", message, reason }));
}

describe("remedy", () => {
  it("says that the operator is not installed where its kinds are unknown", () => {
    const path = "/apis/multus-operator.dev/v1alpha1/multusinstalls";
    expect(remedy(rejection(`GET ${path}`, 404))).toContain(
      "multus-operator is not installed. Install its chart",
    );
    expect(remedy(rejection("GET /apis/k8s.cni.cncf.io/v1/network-attachment-definitions", 404))).toContain(
      "Multus is not installed",
    );
  });

  it("says who may not do what, and which permission to ask for", () => {
    const message = 'pods is forbidden: User "jane" cannot create resource "pods" in API group ""';
    expect(remedy(rejection("POST /api/v1/namespaces/kube-system/pods", 403, message, "Forbidden"))).toBe(
      `not allowed: ${message}. Ask for the permission "create pods" in namespace kube-system; the ClusterRole multus-operator-view grants what reading needs`,
    );
  });

  it("names flags where no server answers", () => {
    expect(
      remedy(
        new NetworkError({ method: "GET", path: "/api" }, new Error("connect ECONNREFUSED 127.0.0.1:1")),
      ),
    ).toMatch(/does not answer: .*ECONNREFUSED.* Check --kubeconfig and --context$/);
  });

  it("does not hide a fault of the program", () => {
    expect(() => remedy(new TypeError("x is undefined"))).toThrow("x is undefined");
  });
});

describe("permissionOf", () => {
  it.each([
    ["GET /api/v1/pods", '"list pods"'],
    ["GET /api/v1/nodes/worker-1", '"get nodes"'],
    ["GET /api/v1/namespaces/default", '"get namespaces"'],
    ["GET /api/v1/namespaces/kube-system/pods/a/log", '"get pods/log" in namespace kube-system'],
    ["DELETE /api/v1/namespaces/kube-system/pods/a", '"delete pods" in namespace kube-system'],
    [
      "GET /apis/k8s.cni.cncf.io/v1/namespaces/x/network-attachment-definitions",
      '"list network-attachment-definitions.k8s.cni.cncf.io" in namespace x',
    ],
  ])("of %s is %s", (request, permission) => {
    expect(permissionOf(rejection(request, 403))).toBe(permission);
  });
});
