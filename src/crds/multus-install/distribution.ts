/** The distributions of Kubernetes of which the operator knows where CNI lives (src/multus/distributions.ts). */
export const DISTRIBUTIONS = ["Kubernetes", "K3s", "RKE2", "MicroK8s", "OpenShift", "GKE", "Talos"] as const;

export type Distribution = (typeof DISTRIBUTIONS)[number];
