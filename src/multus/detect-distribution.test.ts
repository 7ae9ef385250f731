import { expect, it } from "vitest";
import { detectDistribution } from "./detect-distribution.ts";

const node = (more: { labels?: Record<string, string>; osImage?: string; kubeletVersion?: string } = {}) => ({
  name: "node-1",
  labels: {},
  osImage: "Debian GNU/Linux 13 (trixie)",
  kubeletVersion: "v1.36.3",
  ...more,
});

it.each([
  ["Kubernetes", [node(), node()], [], "no sign of another distribution on 2 nodes"],
  ["K3s", [node({ kubeletVersion: "v1.34.2+k3s1" })], [], "kubelet v1.34.2+k3s1 on the only node"],
  ["RKE2", [node({ kubeletVersion: "v1.34.2+rke2r1" })], [], "kubelet v1.34.2+rke2r1 on the only node"],
  [
    "GKE",
    [node({ kubeletVersion: "v1.33.5-gke.1201000" })],
    [],
    "kubelet v1.33.5-gke.1201000 on the only node",
  ],
  [
    "GKE",
    [node({ labels: { "cloud.google.com/gke-nodepool": "p" } })],
    [],
    "label cloud.google.com/gke-nodepool on the only node",
  ],
  [
    "MicroK8s",
    [node({ labels: { "microk8s.io/cluster": "true" } })],
    [],
    "label microk8s.io/cluster on the only node",
  ],
  ["Talos", [node({ osImage: "Talos (v1.11.5)" })], [], "operating system Talos (v1.11.5) on the only node"],
  [
    "OpenShift",
    [node({ osImage: "Red Hat Enterprise Linux CoreOS 9.6.20251015-1 (Plow)" })],
    ["config.openshift.io", "apps"],
    "API group config.openshift.io, operating system of node-1",
  ],
  ["Kubernetes", [node()], ["route.openshift.io"], "no sign of another distribution on 1 node"],
  ["Kubernetes", [], [], "the cluster has no nodes yet"],
  [
    "Kubernetes",
    [node({ kubeletVersion: "v1.34.2+k3s1" }), node()],
    [],
    "the nodes differ (K3s on 1, Kubernetes on 1); set spec.distribution or the directories in spec.cni",
  ],
] as const)("says %s, and how it knows", (name, nodes, apiGroups, evidence) =>
  expect(detectDistribution({ nodes, apiGroups })).toEqual({ name, evidence }),
);
