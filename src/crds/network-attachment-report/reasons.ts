/** Every reason that a condition of a NetworkAttachmentReport may carry, and what it means (docs/reference). The list is closed: alerts rely on it. */
export const REPORT_REASONS = {
  Valid: "Multus, libcni and the plugins can read the configuration.",
  Invalid: "Multus, libcni or a plugin refuses the configuration; status.findings says where and why.",
  TooLarge:
    "The configuration, or those of the namespace together, are larger than the operator reads; whether it is valid is not known.",
  Attachable: "Nothing is known that keeps pods from the network.",
  NeedsMissing: "What the network needs is on no node: a plugin's program, a master, a device.",
  RangeUsedUp: "A range has no free address left.",
  PodsFailing: "Pods that ask for the network could not be attached; status.samples says which and why.",
  NotSeen: "No node was inspected and no pod has the network: nothing tells whether it works.",
} as const;
export type ReportReason = keyof typeof REPORT_REASONS;
