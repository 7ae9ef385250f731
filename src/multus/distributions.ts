import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** The host's directories that a Multus pod mounts. */
export interface HostPaths {
  confDir: string;
  binDir: string;
}

const STANDARD: HostPaths = { confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" };

/** Where each distribution keeps its CNI configuration and plugins, from the distribution's own documentation. */
const PATHS: Record<MultusInstallSpec["distribution"], HostPaths> = {
  Kubernetes: STANDARD,
  K3s: { confDir: "/var/lib/rancher/k3s/agent/etc/cni/net.d", binDir: "/var/lib/rancher/k3s/data/cni" },
  RKE2: STANDARD,
  MicroK8s: {
    confDir: "/var/snap/microk8s/current/args/cni-network",
    binDir: "/var/snap/microk8s/current/opt/cni/bin",
  },
  OpenShift: { confDir: "/etc/kubernetes/cni/net.d", binDir: "/var/lib/cni/bin" },
  GKE: { confDir: "/etc/cni/net.d", binDir: "/home/kubernetes/bin" },
  Talos: STANDARD,
};

/** The distribution's directories, where spec.cni does not name others. */
export function hostPaths(spec: MultusInstallSpec): HostPaths {
  const { confDir, binDir } = PATHS[spec.distribution];
  return { confDir: spec.cni.confDir ?? confDir, binDir: spec.cni.binDir ?? binDir };
}
