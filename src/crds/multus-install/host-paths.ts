import { matching } from "../rule.ts";

export const DISTRIBUTIONS = ["Kubernetes", "K3s", "RKE2", "MicroK8s", "OpenShift", "GKE", "Talos"] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** Directories of a host that may be named, and all below them. */
interface Roots {
  conf: readonly string[];
  bin: readonly string[];
  /** Where the kubelet's kubeconfig is, and the files that it names. */
  kubelet: readonly string[];
}

/** Where CNI lives by its own conventions and by Linux distributions' packages. */
const COMMON: Roots = {
  conf: ["/etc/cni/net.d", "/etc/cni/multus"],
  bin: ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"],
  kubelet: ["/etc/kubernetes", "/var/lib/kubelet"],
};

const NONE: Roots = { conf: [], bin: [], kubelet: [] };
/** Where it lives in one distribution only, from the distribution's own documentation. */
const OWN: Record<Distribution, Roots> = {
  Kubernetes: NONE,
  K3s: {
    conf: ["/var/lib/rancher/k3s/agent/etc/cni/net.d"],
    bin: ["/var/lib/rancher/k3s/data"],
    kubelet: ["/var/lib/rancher/k3s/agent"],
  },
  RKE2: {
    conf: ["/var/lib/rancher/rke2/agent/etc/cni/net.d"],
    bin: ["/var/lib/rancher/rke2/data"],
    kubelet: ["/var/lib/rancher/rke2/agent"],
  },
  MicroK8s: {
    conf: ["/var/snap/microk8s/current/args/cni-network"],
    bin: ["/var/snap/microk8s/current/opt/cni/bin"],
    kubelet: ["/var/snap/microk8s/current/credentials"],
  },
  OpenShift: { conf: ["/etc/kubernetes/cni/net.d"], bin: ["/var/lib/cni/bin"], kubelet: [] },
  GKE: { conf: [], bin: ["/home/kubernetes/bin"], kubelet: [] },
  Talos: NONE,
};

/**
 * The host directories that a MultusInstall may name: in every distribution, and in one only. They are
 * mounted into a privileged pod, so they come from this list and are never free text.
 */
export const HOST_DIRECTORIES = { common: COMMON, own: OWN };

/** True when the path is one of the roots or below one. Paths have no `.` and `..`: the schema sees to that. */
export function isBelow(roots: readonly string[], path: string): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}

const LOG_ROOTS = ["/opt/cni/log", "/var/log/multus", "/var/log/cni"];

/** A path segment: it cannot be `.` or `..`, nor hidden. */
const SEGMENT = "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*";

function below(roots: readonly string[], itself = true) {
  const alternatives = roots.map((root) => root.replaceAll(".", "\\."));
  const some = itself ? SEGMENT : SEGMENT.replace(/\*$/, "+");
  return matching(
    new RegExp(`^(${alternatives.join("|")})${some}$`),
    256,
    `must be ${itself ? "one of, or " : ""}below one of: ${roots.join(", ")}`,
  );
}

const ofAny = (kind: keyof Roots) => [COMMON, ...Object.values(OWN)].flatMap((roots) => roots[kind]);

export const confDirectory = () => below(ofAny("conf"));
export const binDirectory = () => below(ofAny("bin"));
export const kubeletDirectoryFile = () => below(ofAny("kubelet"), false);
export const logDirectory = () => below(LOG_ROOTS);
