import { expect, test } from "vitest";
import { rejectedPod } from "./rejected-pod.ts";

// The messages are those of Kubernetes 1.36.
test.each([
  [
    'Error creating: pods "kube-multus-ds-" is forbidden: no PriorityClass with name important was found',
    "the API server rejects the pods of DaemonSet kube-multus-ds: no PriorityClass with name important was found. Create the PriorityClass important, or set spec.workload.priorityClassName to one that exists",
  ],
  [
    'Error creating: pods "kube-multus-ds-7x2" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)',
    'the API server rejects the pods of DaemonSet kube-multus-ds: violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true). Multus\' pods are privileged: label the namespace pod-security.kubernetes.io/enforce=privileged',
  ],
  [
    'Error creating: pods "kube-multus-ds-" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0',
    "the API server rejects the pods of DaemonSet kube-multus-ds: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0. Raise the ResourceQuota of the namespace, or lower spec.workload.resources; a quota may also be for one priority class only (spec.workload.priorityClassName)",
  ],
  [
    'Error creating: admission webhook "x.example.com" denied the request: no',
    'the API server rejects the pods of DaemonSet kube-multus-ds: admission webhook "x.example.com" denied the request: no',
  ],
])("%s", (message, expected) => {
  expect(rejectedPod("kube-multus-ds", message)).toEqual({
    node: "",
    reason: "PodRejected",
    message: expected,
  });
});
