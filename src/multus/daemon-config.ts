import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { bootstrapKubeconfig, hostPaths } from "./distributions.ts";
import { REJECTED_FLAGS } from "./entrypoint-flags.ts";
import { inlineVersion } from "./inline-config.ts";
import { DEFAULT_MULTUS_NAMESPACE } from "./multus-namespace.ts";
import type { Conflist } from "./primary-network.ts";

/** Keys of daemon-config.json that no field sets, and why. */
export const FIXED_KEYS: Record<string, string> = {
  chrootDir: "always `/hostroot`, where the host's root is mounted",
  socketDir: "always `/run/multus/` of the host: the daemon removes the whole directory when it starts",
  daemonSocketDir: "the shim's name for `socketDir`; its default is that directory",
  multusConfigFile:
    "always `auto`: with a path the daemon exits and restarts indefinitely (multus-cni #1366)",
  kubeconfig: "the daemon uses its service account, or a certificate (`daemon.perNodeCertificate`)",
  confDir: "the directory with the files of NetworkAttachmentDefinitions without config; the default is used",
  cniDir: "Multus' own cache; its default is the directory that is mounted",
  enablePprof: "a debugging interface that anyone who can reach the node could read",
  forceCNIVersion: REJECTED_FLAGS["force-cni-version"] ?? "",
  "perNodeCertificate.certDir":
    "always `multus.d/certs` in `cni.confDir`, which is mounted and which an uninstall cleans",
};

/**
 * The thick daemon's daemon-config.json for a spec. Keys that the spec does not set are left to the daemon's
 * own defaults. `multusConfigFile` is always "auto": with a path the daemon ends with 0 and restarts forever
 * (multus-cni #1366). `socketDir` is never a user's text: the daemon removes the whole directory at start.
 *
 * @param delegate the primary network with source: Inline. The daemon lays the keys of this file over the
 *   configuration that it generates (overrideCNIConfigWithServerConfig of pkg/server), so that an empty
 *   clusterNetwork makes it take `delegates` instead of the node's file, at ADD and at DEL.
 */
export function daemonConfig(spec: MultusInstallSpec, delegate?: Conflist): Record<string, unknown> {
  const { confDir, binDir } = hostPaths(spec);
  const { daemon = {}, logging, isolation, primaryNetwork, cni } = spec;
  return withoutUndefined({
    chrootDir: "/hostroot",
    cniVersion: cni.version ?? "0.3.1",
    logLevel: logging.level ?? "verbose",
    logToStderr: logging.toStderr ?? true,
    logFile: logging.file,
    logOptions: logging.rotation && withoutUndefined(logging.rotation),
    cniConfigDir: `/host${confDir}`,
    multusAutoconfigDir: `/host${confDir}`,
    multusConfigFile: "auto",
    multusMasterCNI: primaryNetwork.file,
    readinessindicatorfile: primaryNetwork.readinessFile && `/host${primaryNetwork.readinessFile}`,
    socketDir: "/host/run/multus/",
    binDir: cni.additionalBinDir ?? (binDir === "/opt/cni/bin" ? undefined : binDir),
    namespaceIsolation: isolation.enabled || undefined,
    globalNamespaces: isolation.globalNamespaces.join(",") || undefined,
    systemNamespaces: isolation.systemNamespaces,
    multusNamespace: spec.namespace === DEFAULT_MULTUS_NAMESPACE ? undefined : spec.namespace,
    metricsPort: daemon.metricsPort,
    connectionLimit: daemon.connectionLimit,
    capabilities: daemon.capabilities,
    retryDeleteOnError: daemon.retryDeleteOnError,
    overrideNetworkName: daemon.overrideNetworkName || undefined,
    auxiliaryCNIChainName: daemon.auxiliaryCNIChainName,
    clusterNetwork: delegate ? "" : daemon.clusterNetwork,
    delegates: delegate && [{ cniVersion: inlineVersion(spec), ...delegate }],
    defaultNetworks: daemon.defaultNetworks,
    perNodeCertificate: hasCertificates(spec)
      ? {
          enabled: true,
          bootstrapKubeconfig: bootstrapKubeconfig(spec),
          certDir: `/host${confDir}/${CERTIFICATES}`,
          certDuration: daemon.perNodeCertificate?.certDuration,
        }
      : undefined,
  });
}

/** Where below the host's CNI configuration directory the daemon keeps its certificate and key. */
export const CERTIFICATES = "multus.d/certs";

/** Whether each node's daemon has a certificate of its own, in place of the service account. */
export function hasCertificates({ mode, daemon }: MultusInstallSpec): boolean {
  return mode === "Thick" && daemon?.perNodeCertificate?.enabled === true;
}

function withoutUndefined(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
