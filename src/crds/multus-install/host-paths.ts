import { z } from "zod";

/** A path segment: it cannot be `.` or `..`, nor hidden. */
const SEGMENT = "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*";

/**
 * The host directories that a MultusInstall may name. They are mounted into a privileged pod, so they come
 * from this list and are never free text: whoever may write a MultusInstall must not thereby own the nodes.
 */
const CONF_ROOTS = [
  "/etc/cni/net\\.d",
  "/etc/cni/multus",
  "/etc/kubernetes/cni/net\\.d", // OpenShift
  "/var/lib/rancher/(k3s|rke2)/agent/etc/cni/net\\.d",
  "/var/snap/microk8s/current/args/cni-network",
];
const BIN_ROOTS = [
  "/opt/cni/bin",
  "/usr/lib/cni",
  "/usr/libexec/cni",
  "/var/lib/cni/bin", // OpenShift
  "/home/kubernetes/bin", // GKE
  "/var/lib/rancher/(k3s|rke2)/data",
  "/var/snap/microk8s/current/opt/cni/bin",
];
const LOG_ROOTS = ["/opt/cni/log", "/var/log/multus", "/var/log/cni"];

function below(roots: readonly string[]) {
  return z
    .string()
    .max(256)
    .regex(new RegExp(`^(${roots.join("|")})${SEGMENT}$`), {
      message: `must be one of, or below one of: ${roots.map((root) => root.replaceAll("\\", "")).join(", ")}`,
    });
}

export const confDirectory = () => below(CONF_ROOTS);
export const binDirectory = () => below(BIN_ROOTS);
export const logDirectory = () => below(LOG_ROOTS);
