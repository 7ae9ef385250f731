import { CNI_VERSIONS, isAtLeast } from "../../cni/context.ts";
import type { Network } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

/**
 * The newest cniVersion whose results the libcni in a Multus release reads (go.mod of each release's tag):
 * libcni 0.7 and 0.8 up to v3.9, 1.1 in v4.0, 1.2 and 1.3 later.
 */
export function newestCniVersion(release: string): string | undefined {
  const [major = 0, minor = 0] = release.replace(/^v/, "").split(".").map(Number);
  if (!(major >= 3)) return undefined;
  if (major === 3) return "0.4.0";
  return major === 4 && minor === 0 ? "1.0.0" : "1.1.0";
}

/** A NAD of a later CNI version than the running Multus reads: it runs the plugin, and cannot read what comes back. */
export function cniVersion(networks: readonly Network[], { install }: ClusterView): CrossFinding[] {
  const newest = install && newestCniVersion(install.version);
  if (!newest) return [];
  return networks.flatMap((network): CrossFinding[] => {
    const { nad, plugins } = network;
    const version = network.cniVersion;
    if (plugins.length === 0 || !CNI_VERSIONS.includes(version) || isAtLeast(newest, version)) return [];
    return [
      {
        namespace: nad.namespace,
        name: nad.name,
        path: "cniVersion",
        severity: "error",
        code: "CNI_VERSION_TOO_NEW",
        message: `must be ${newest} or earlier: Multus ${install.version} reads no result of ${version}`,
      },
    ];
  });
}
