/** The first release that has what a field sets. If it is one of v3, all of v4 have it. */
export const FIRST_RELEASE = {
  "primaryNetwork.file": "v3.7.2",
  "primaryNetwork.readinessFile": "v3.4.1",
  "isolation.globalNamespaces": "v3.7",
  "logging.toStderr": "v3.7",
  "daemon.perNodeCertificate": "v4.1.0",
  "daemon.auxiliaryCNIChainName": "v4.2.1",
  "daemon.connectionLimit": "v4.3.0",
} as const;

/** Fields that v4 has nothing for. */
export const ONLY_V3 = [
  "entrypoint.restartCRIO",
  "entrypoint.kubeconfigMode",
  "workload.architectures",
] as const;

/** The first release that has what the field sets; undefined if every release of its program has it. */
export function firstReleaseOf(field: string): string | undefined {
  return (FIRST_RELEASE as Record<string, string>)[field];
}

/** Whether v3 has what the field sets, and v4 does not. */
export function isOnlyV3(field: string): boolean {
  return (ONLY_V3 as readonly string[]).includes(field);
}
