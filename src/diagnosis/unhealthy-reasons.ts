/** How grave a reason is: what breaks a node for good comes before what may pass. */
type Severity = 0 | 1 | 2;

/**
 * Why Multus does not run on a node as it should: the closed list of status.nodes.unhealthy[].reason, each with its
 * severity (docs/guides/nodes.md).
 */
const SEVERITY = {
  // What the pod's containers report.
  CrashLoopBackOff: 2,
  OOMKilled: 2,
  ImageLayout: 2,
  ImageArchitecture: 1,
  ImageLacksPython: 1,
  ImageNotFound: 1,
  ImagePullBackOff: 1,
  InvalidImageName: 1,
  ErrImageNeverPull: 1,
  RegistrySpeaksHTTP: 1,
  RegistryCertificateRejected: 1,
  RegistryLoginMissing: 1,
  RegistryLoginRejected: 1,
  RegistryAccessDenied: 1,
  RegistryNameUnknown: 1,
  RegistryUnreachable: 1,
  RegistryRateLimit: 1,
  NodeDiskFull: 1,
  CreateContainerConfigError: 1,
  CreateContainerError: 1,
  FailedMount: 1,
  Evicted: 1,
  /** Anything else that the kubelet reports; the message has its word for it. */
  Failed: 1,
  /** There is no pod: the API server rejects it. */
  PodRejected: 1,
  // What inspections of the node show.
  CiliumExclusive: 1,
  NoPrimaryNetwork: 1,
  PrimaryNetworkVersion: 1,
  AnotherConfigurationFirst: 1,
  CompetingConfigurations: 1,
  ConfigurationMissing: 1,
  KubeconfigExpired: 1,
  TokenRejected: 1,
  // What is not a fault of Multus.
  Unschedulable: 0,
  NodeNotReady: 0,
  StuckTerminating: 0,
} as const satisfies Record<string, Severity>;

export type UnhealthyReason = keyof typeof SEVERITY;

export function severityOf(reason: UnhealthyReason): Severity {
  return SEVERITY[reason];
}

/** The kubelet's own reason if it is on the list. */
export function knownReason(reason: string): UnhealthyReason {
  return Object.hasOwn(SEVERITY, reason) ? (reason as UnhealthyReason) : "Failed";
}
