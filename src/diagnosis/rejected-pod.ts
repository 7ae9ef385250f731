import { bounded, type UnhealthyNode } from "./diagnose.ts";

/** What the API server says of a pod that it does not let the DaemonSet controller create, and what to do about it. */
const CAUSES: readonly { matches: RegExp; fix: (found: RegExpExecArray) => string }[] = [
  {
    // plugin/pkg/admission/priority of Kubernetes
    matches: /no PriorityClass with name (\S+) was found/,
    fix: ([, name]) =>
      `Create the PriorityClass ${name}, or set spec.workload.priorityClassName to one that exists`,
  },
  {
    // plugin/pkg/admission/resourcequota: of the classes system-*, on GKE only in kube-system
    matches: /exceeded quota|insufficient quota to match these scopes/,
    fix: () =>
      "Raise the ResourceQuota of the namespace, or lower spec.workload.resources; a quota may also be for one priority class only (spec.workload.priorityClassName)",
  },
  {
    // k8s.io/pod-security-admission
    matches: /violates PodSecurity/,
    fix: () =>
      "Multus' pods are privileged: label the namespace pod-security.kubernetes.io/enforce=privileged",
  },
];

/** The entry for pods that cannot be created: of no node, since without a pod there is none. */
export function rejectedPod(daemonSet: string, message: string): UnhealthyNode {
  const reason = message.replace(/^Error creating: (pods "[^"]*" is forbidden: )?/, "");
  const fix = CAUSES.flatMap(({ matches, fix }) => {
    const found = matches.exec(message);
    return found ? [fix(found)] : [];
  })[0];
  return {
    node: "",
    reason: "PodRejected",
    message: bounded(
      `the API server rejects the pods of DaemonSet ${daemonSet}: ${reason}${fix ? `. ${fix}` : ""}`,
    ),
  };
}
