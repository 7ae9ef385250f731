import { pod } from "../../diagnosis/pod-schema.ts";

/** Of the thick daemon there is one DaemonSet (src/render/workload.ts). */
const DAEMON_SET = "kube-multus-ds";

/**
 * Whether a pod with Multus' labels is one of the DaemonSet's and may run the daemon: also while the kubelet has
 * not said yet that it does, since the daemon asks for its certificate before that.
 */
export function isDaemonPod(object: unknown): boolean {
  const { metadata, status } = pod.parse(object);
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.ownerReferences.some(
      ({ kind, name, controller }) => controller && kind === "DaemonSet" && name === DAEMON_SET,
    ) &&
    ["Pending", "Running"].includes(status.phase)
  );
}
