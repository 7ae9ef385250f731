import type { Distribution } from "../crds/multus-install/distribution.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** The host's directories that a Multus pod mounts. */
export interface HostPaths {
  confDir: string;
  binDir: string;
  /** Where the runtime keeps the pods' network namespaces. */
  netnsDir: string;
  /** The kubelet's own kubeconfig; files that it names are beside it or in /var/lib/kubelet. */
  kubeletKubeconfig: string;
}

const STANDARD: HostPaths = {
  confDir: "/etc/cni/net.d",
  binDir: "/opt/cni/bin",
  netnsDir: "/run/netns/",
  // kubernetes.io, "Implementation details" of kubeadm
  kubeletKubeconfig: "/etc/kubernetes/kubelet.conf",
};

/** Where each distribution keeps its CNI configuration and plugins, from the distribution's own documentation. */
const PATHS: Record<Distribution, HostPaths> = {
  Kubernetes: STANDARD,
  // docs.k3s.io/networking/multus-ipams
  K3s: {
    ...STANDARD,
    confDir: "/var/lib/rancher/k3s/agent/etc/cni/net.d",
    binDir: "/var/lib/rancher/k3s/data/cni",
    kubeletKubeconfig: "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
  },
  RKE2: { ...STANDARD, kubeletKubeconfig: "/var/lib/rancher/rke2/agent/kubelet.kubeconfig" },
  MicroK8s: {
    ...STANDARD,
    confDir: "/var/snap/microk8s/current/args/cni-network",
    binDir: "/var/snap/microk8s/current/opt/cni/bin",
    kubeletKubeconfig: "/var/snap/microk8s/current/credentials/kubelet.config",
  },
  // bindata/network/multus of openshift/cluster-network-operator
  OpenShift: {
    ...STANDARD,
    confDir: "/etc/kubernetes/cni/net.d",
    binDir: "/var/lib/cni/bin",
    kubeletKubeconfig: "/var/lib/kubelet/kubeconfig",
  },
  // images/multus-daemonset-gke-1.16.yml of Multus v3.4
  GKE: { ...STANDARD, binDir: "/home/kubernetes/bin", kubeletKubeconfig: "/var/lib/kubelet/kubeconfig" },
  // docs.siderolabs.com, "Multus CNI": with /run/netns no pod starts
  Talos: {
    ...STANDARD,
    netnsDir: "/var/run/netns/",
    kubeletKubeconfig: "/etc/kubernetes/kubeconfig-kubelet",
  },
};

/** The distribution's directories (for Auto: those of most), where spec.cni does not name others. */
export function hostPaths(spec: MultusInstallSpec): HostPaths {
  const preset = spec.distribution === "Auto" ? STANDARD : PATHS[spec.distribution];
  return {
    ...preset,
    confDir: spec.cni.confDir ?? preset.confDir,
    binDir: spec.cni.binDir ?? preset.binDir,
  };
}

/** The kubeconfig with which a thick daemon asks for its first certificate, as a path on the host. */
export function bootstrapKubeconfig(spec: MultusInstallSpec): string {
  return spec.daemon?.perNodeCertificate?.bootstrapKubeconfig ?? hostPaths(spec).kubeletKubeconfig;
}
