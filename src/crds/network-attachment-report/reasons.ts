/** Every reason that a condition of a NetworkAttachmentReport may carry, and its meaning (docs/reference). The list is closed: alerts rely on it. */
export const REPORT_REASONS = {
  Valid: "Multus, libcni and the plugins can read the configuration.",
  Invalid:
    "Multus, libcni or a plugin rejects the configuration; status.findings has the fields and the causes.",
  TooLarge:
    "The configuration, or those of the namespace or cluster together, are larger than the operator reads; whether it is valid is not known.",
  Attachable: "No problem is known that prevents pods from attaching to the network.",
  NeedsMissing: "No node has what the network needs: a plugin's program, a master, a device.",
  RangeUsedUp: "A range has no free address left.",
  PodsFailing:
    "Pods that request the network could not be attached; status.samples names the pods and the causes.",
  NotSeen: "No node was inspected and no pod has the network: it is not known whether it works.",
} as const;
export type ReportReason = keyof typeof REPORT_REASONS;
