import { firstReleaseOf, isOnlyV3 } from "../crds/multus-install/field-releases.ts";
import { compareReleases, parseRelease } from "../crds/multus-install/release.ts";
import { entrypointOf, type MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hostPaths } from "./distributions.ts";
import { flavourOf } from "./releases.ts";

/** Where the ConfigMap with an inline configuration is mounted. */
export const CONFIG_MOUNT = "/tmp/multus-conf";
/**
 * The inline configuration's name on the node. Upstream's 70-multus.conf sorts after the primary network's
 * 10-calico.conflist, and the runtime takes the first: with that name Multus is never called.
 */
export const INLINE_FILE = "00-multus.conf";

/** One flag of the thin entrypoint: its value for a spec, or undefined where the entrypoint's default is meant. */
export interface Flag {
  name: string;
  /** The field that sets it, for the reference. Which releases have the flag is in crds/multus-install/field-releases.ts. */
  field: string;
  value: (spec: MultusInstallSpec) => string | boolean | undefined;
  /** Releases that lack the flag, although they are not older than the field's first. */
  lacking?: (version: string) => boolean;
}

/** false is the entrypoint's default for every switch: it is left out. */
const on = (value: boolean) => (value ? true : undefined);

function isV3(version: string): boolean {
  return parseRelease(version).major === 3;
}

export const FLAGS: readonly Flag[] = [
  {
    name: "multus-conf-file",
    field: "primaryNetwork.source",
    value: ({ primaryNetwork }) =>
      primaryNetwork.source === "Inline" ? `${CONFIG_MOUNT}/${INLINE_FILE}` : "auto",
  },
  {
    name: "multus-autoconfig-dir",
    field: "cni.confDir",
    value: (s) => mountPrefix(s) + hostPaths(s).confDir,
  },
  { name: "cni-conf-dir", field: "cni.confDir", value: (s) => mountPrefix(s) + hostPaths(s).confDir },
  { name: "cni-bin-dir", field: "cni.binDir", value: (s) => mountPrefix(s) + hostPaths(s).binDir },
  {
    name: "cni-version",
    field: "cni.version",
    // The daemonset of v3.4 sets 0.3.1; without a version the runtime takes the configuration for 0.1.0.
    value: (s) => s.cni.version ?? (flavourOf(s) === "v3" ? "0.3.1" : undefined),
  },
  {
    name: "multus-bin-file",
    field: "image.layout.binaryFile",
    value: (s) => s.image.layout?.binaryFile,
    // Also with v3.9, whose script only warns of it: an image of a vendor may read it (known-defects-table.ts).
  },
  {
    name: "skip-multus-binary-copy",
    field: "entrypoint.skipBinaryCopy",
    value: (s) => on(entrypointOf(s).skipBinaryCopy),
  },
  {
    name: "multus-kubeconfig-file-host",
    field: "cni.confDir",
    // The flag changes the reference only; the file is always written to <cni-conf-dir>/multus.d.
    value: (s) => (hostPaths(s).confDir === "/etc/cni/net.d" ? undefined : kubeconfigFile(s)),
  },
  {
    name: "multus-master-cni-file-name",
    field: "primaryNetwork.file",
    value: (s) => s.primaryNetwork.file,
  },
  { name: "namespace-isolation", field: "isolation.enabled", value: (s) => on(s.isolation.enabled) },
  {
    name: "global-namespaces",
    field: "isolation.globalNamespaces",
    value: ({ isolation: { globalNamespaces } }) => globalNamespaces.join(",") || undefined,
  },
  { name: "multus-log-level", field: "logging.level", value: (s) => s.logging.level },
  { name: "multus-log-file", field: "logging.file", value: (s) => s.logging.file },
  {
    name: "multus-log-to-stderr",
    field: "logging.toStderr",
    value: (s) => (s.logging.toStderr === undefined ? undefined : String(s.logging.toStderr)),
  },
  {
    name: "override-network-name",
    field: "entrypoint.overrideNetworkName",
    value: (s) => on(entrypointOf(s).overrideNetworkName),
  },
  {
    name: "cleanup-config-on-exit",
    field: "entrypoint.refreshKubeconfig",
    // v4 renews the token only in the watch that this flag starts (multus-cni #852). v3's watch renews
    // nothing: it takes any other configuration for the primary network when the file is gone for 45 s
    // (entrypoint.sh of v3.4.2), so v3 never gets the flag.
    value: (s) => on(flavourOf(s) === "v4-thin" && entrypointOf(s).refreshKubeconfig),
  },
  {
    name: "rename-conf-file",
    field: "entrypoint.renameConfFile",
    value: (s) => on(entrypointOf(s).renameConfFile),
  },
  {
    name: "readiness-indicator-file",
    field: "primaryNetwork.readinessFile",
    value: (s) => s.primaryNetwork.readinessFile,
  },
  { name: "additional-bin-dir", field: "cni.additionalBinDir", value: (s) => s.cni.additionalBinDir },
  {
    name: "skip-tls-verify",
    field: "entrypoint.skipTLSVerify",
    value: (s) => on(entrypointOf(s).skipTLSVerify),
    lacking: isV3, // it takes it from the environment (entrypointEnvironment)
  },
  {
    name: "restart-crio",
    field: "entrypoint.restartCRIO",
    value: (s) => on(entrypointOf(s).restartCRIO),
  },
];

/** Flags that no field sets, and why. */
export const REJECTED_FLAGS: Record<string, string> = {
  "skip-config-watch":
    "it disables the renewal of the token (multus-cni #852), as refreshKubeconfig: false does",
  "force-cni-version":
    "it is a hidden flag for upstream's tests, which rewrites the primary network's own file on the host",
  "multus-cni-conf-dir":
    "the directory with the files of NetworkAttachmentDefinitions without config; the default is used",
};

/** Whether the release's thin entrypoint has the flag. */
export function hasFlag(version: string, { field, lacking }: Flag): boolean {
  if (lacking?.(version)) return false;
  if (isOnlyV3(field)) return isV3(version);
  const first = firstReleaseOf(field);
  return first === undefined || compareReleases(version, first) >= 0;
}

/** The arguments of the thin entrypoint, in the table's order. Unknown to an older release are those that it would reject or ignore. */
export function entrypointArgs(spec: MultusInstallSpec): string[] {
  return FLAGS.flatMap((flag) => {
    const value = flag.value(spec);
    return value === undefined || !hasFlag(spec.version, flag) ? [] : [`--${flag.name}=${value}`];
  });
}

/** v3 reads these from its environment; v4 has flags instead. */
export function entrypointEnvironment(spec: MultusInstallSpec): { name: string; value: string }[] {
  if (flavourOf(spec) !== "v3") return [];
  const { skipTLSVerify, kubeconfigMode } = entrypointOf(spec);
  return [
    ...(skipTLSVerify ? [{ name: "SKIP_TLS_VERIFY", value: "true" }] : []),
    ...(kubeconfigMode ? [{ name: "KUBECONFIG_MODE", value: kubeconfigMode }] : []),
  ];
}

/** What stands before a host path inside the container. */
export function mountPrefix(spec: MultusInstallSpec): string {
  return spec.image.layout?.mountPrefix ?? "/host";
}

/** The kubeconfig that Multus writes, as a path on the host. */
export function kubeconfigFile(spec: MultusInstallSpec): string {
  return `${hostPaths(spec).confDir}/multus.d/multus.kubeconfig`;
}
