import { matching } from "../rule.ts";
import type { Distribution } from "./distribution.ts";

/** What of a host may be named: directories, and all below them, and single files. */
interface Roots {
  conf: readonly string[];
  bin: readonly string[];
  /** Files that are a kubelet's kubeconfig. The directory of one also holds other credentials, so each is listed. */
  kubelet: readonly string[];
}

/** Where CNI lives by its own conventions and by Linux distributions' packages. */
const COMMON: Roots = {
  conf: ["/etc/cni/net.d", "/etc/cni/multus"],
  bin: ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"],
  kubelet: [
    "/etc/kubernetes/kubelet.conf", // kubeadm
    "/etc/kubernetes/kubelet.kubeconfig", // kubeasz
    "/etc/kubernetes/kubelet/kubeconfig", // Bottlerocket
    "/etc/kubernetes/kubeconfig-kubelet", // Talos
    "/var/lib/kubelet/kubeconfig", // OpenShift, GKE, kops; Multus' own default
  ],
};

const NONE: Roots = { conf: [], bin: [], kubelet: [] };
/** Where it lives in one distribution only, from the distribution's own documentation. */
const OWN: Record<Distribution, Roots> = {
  Kubernetes: NONE,
  K3s: {
    conf: ["/var/lib/rancher/k3s/agent/etc/cni/net.d"],
    bin: ["/var/lib/rancher/k3s/data"],
    kubelet: ["/var/lib/rancher/k3s/agent/kubelet.kubeconfig"],
  },
  RKE2: {
    conf: ["/var/lib/rancher/rke2/agent/etc/cni/net.d"],
    bin: ["/var/lib/rancher/rke2/data"],
    kubelet: ["/var/lib/rancher/rke2/agent/kubelet.kubeconfig"],
  },
  MicroK8s: {
    conf: ["/var/snap/microk8s/current/args/cni-network"],
    bin: ["/var/snap/microk8s/current/opt/cni/bin"],
    kubelet: ["/var/snap/microk8s/current/credentials/kubelet.config"],
  },
  OpenShift: { conf: ["/etc/kubernetes/cni/net.d"], bin: ["/var/lib/cni/bin"], kubelet: [] },
  GKE: { conf: [], bin: ["/home/kubernetes/bin"], kubelet: [] },
  Talos: NONE,
};

/**
 * The host directories that a MultusInstall may name: in every distribution, and in one only. They are
 * mounted into a privileged pod, so they come from this list and are never free text.
 */
export const PERMITTED_HOST_PATHS = { common: COMMON, own: OWN };

/** True when the path is one of the roots or below one. Paths have no `.` and `..`: the schema sees to that. */
export function isBelow(roots: readonly string[], path: string): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}

/** Directories of a host that may hold Multus' log. */
export const LOG_ROOTS = ["/opt/cni/log", "/var/log/multus", "/var/log/cni"];

/** A path segment: it cannot be `.` or `..`, nor hidden. */
const SEGMENT = "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*";

function below(roots: readonly string[]) {
  return matching(
    new RegExp(`^(${alternatives(roots)})${SEGMENT}$`),
    256,
    `must be one of, or below one of: ${roots.join(", ")}`,
  );
}

function oneOf(files: readonly string[]) {
  return matching(new RegExp(`^(${alternatives(files)})$`), 256, `must be one of: ${files.join(", ")}`);
}

function alternatives(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(".", "\\.")).join("|");
}

const ofAny = (kind: keyof Roots) => [COMMON, ...Object.values(OWN)].flatMap((roots) => roots[kind]);

export const confDirectory = () => below(ofAny("conf"));
export const binDirectory = () => below(ofAny("bin"));
export const kubeletKubeconfig = () => oneOf(ofAny("kubelet"));
export const logDirectory = () => below(LOG_ROOTS);
