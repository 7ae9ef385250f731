import { CNI_VERSIONS, isAtLeast } from "../cni/context.ts";
import { newestCniVersion } from "../cni/spoken-version.ts";
import { compareTexts } from "../crds/compare-texts.ts";
import { entrypointOf, type MultusInstallSpec } from "../crds/multus-install/spec.ts";
import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import type { NodeInspection } from "../crds/node-inspection.ts";
import { rfc3339 } from "../crds/rfc3339.ts";
import { hostPaths } from "../multus/distributions.ts";
import { flavourOf } from "../multus/releases.ts";
import { GUARD_FILE } from "../render/rollout-guard.ts";
import { bounded, type UnhealthyNode } from "./diagnose.ts";
import type { UnhealthyReason } from "./unhealthy-reasons.ts";

/** At most this many files are listed; nodes of a cluster have one or two. */
const MAX_FILES = 10;
const HOUR_MS = 3_600_000;
const SHIM = "multus-shim";
const MULTUS = ["multus", SHIM];

/**
 * What is wrong on a node, as an inspection shows; the first cause, since the others follow from it.
 * @param runsDaemon whether the pod on the node is known to be a thick daemon: in a rollout the mode may be the previous one
 */
export function nodeIssue(
  spec: MultusInstallSpec,
  found: NodeInspection,
  now: Date,
  runsDaemon = false,
): UnhealthyNode | undefined {
  const entry = (reason: UnhealthyReason, message: string): UnhealthyNode => ({
    node: found.node,
    reason,
    message: bounded(message),
  });
  const { confDir } = hostPaths(spec);
  // The guard's stands in for Multus' own while that is replaced.
  const own = found.confFiles.filter(
    ({ name, pluginTypes }) => name !== GUARD_FILE && pluginTypes?.some((type) => MULTUS.includes(type)),
  );
  const hidden = found.leftovers.find((path) => /\/00-multus\.conf(list)?\.cilium_bak$/.test(path));
  if (own.length === 0 && hidden)
    return entry(
      "CiliumExclusive",
      `Cilium renamed Multus' configuration to ${hidden}: pods are missing their networks. Set cni.exclusive: false in Cilium's Helm values, then delete the Multus pod on this node`,
    );
  const missing = missingPrimary(spec, found, confDir);
  if (missing) return entry("NoPrimaryNetwork", missing);
  const version = primaryVersionIssue(spec, found, confDir);
  if (version) return entry("PrimaryNetworkVersion", version);
  const first = found.confFiles[0];
  if (own.length > 0 && first && !own.includes(first))
    return entry(
      "AnotherConfigurationFirst",
      `${confDir}/${first.name} sorts before Multus' ${own[0]?.name}: the runtime uses that file, and pods are missing their networks. Rename or remove it`,
    );
  const names = own.filter(({ name }) => /^00-multus\.conf(list)?$/.test(name));
  if (names.length > 1)
    return entry(
      "CompetingConfigurations",
      `${names.map(({ name }) => name).join(" and ")} both exist in ${confDir}: the runtime uses the first, which may be outdated. Remove the one that Multus no longer writes`,
    );
  const isThere = own.some(({ pluginTypes }) => !runsDaemon || pluginTypes?.includes(SHIM));
  if (!isThere && !found.truncated.includes("confFiles"))
    return entry(
      "ConfigurationMissing",
      `Multus runs, but its configuration is not in ${confDir}${previous(own)}: pods are missing their networks. If this persists, delete the Multus pod on this node`,
    );
  const expires = found.kubeconfig?.expires;
  // Two clocks must agree, since one may be an hour ahead. What an inspection saw before the token expired shows nothing: by
  // now Multus may have written a new one.
  const seenAt = Math.min(Date.parse(found.at), now.getTime());
  if (spec.mode === "Thin" && expires && Date.parse(expires) <= seenAt)
    return entry(
      "KubeconfigExpired",
      `the token in ${confDir}/multus.d/multus.kubeconfig expired at ${expires} (multus-cni #852): delete the Multus pod on this node. ${renewal(spec)}`,
    );
  return undefined;
}

/** What renews the token from then on: the entrypoint of v4, in the loop that watches the primary network's file. */
function renewal(spec: MultusInstallSpec): string {
  if (flavourOf(spec) === "v3") return "Multus v3 never renews it: repeat this in time, or change to v4";
  if (spec.primaryNetwork.source === "Inline")
    return "With spec.primaryNetwork.source Inline it is never renewed: repeat this in time, or use Auto or File";
  return entrypointOf(spec).refreshKubeconfig
    ? "Keep spec.entrypoint.refreshKubeconfig true, which renews it"
    : "Set spec.entrypoint.refreshKubeconfig to true, which renews it";
}

/** What is there of a Multus of another mode, which the one that runs has not replaced yet. */
function previous([first]: NodeInspection["confFiles"]): string {
  return first ? ` (${first.name} calls ${first.pluginTypes?.join(", ")}, of the previous Multus)` : "";
}

/** The kubelet retries a sandbox every 10 to 15 s: a rejection older than this no longer occurs; ms. */
export const REJECTION_LASTS_MS = 300_000;

/**
 * What pods on a node show about its token, and for how many seconds that holds: a token that has not expired is rejected
 * when its service account was recreated, or the API server signs with another key.
 * @param rejected when the last one was, by the kubelet's clock, and how long ago; ms
 * @param readySince of the node's Multus pod; what happened before shows nothing about its token
 */
export function rejectedToken(
  spec: MultusInstallSpec,
  node: string,
  rejected: { at: number; age: number } | undefined,
  readySince: string | undefined,
): { issue: UnhealthyNode; seconds: number } | undefined {
  if (!rejected || !(rejected.at > Date.parse(readySince ?? ""))) return undefined;
  const left = REJECTION_LASTS_MS - rejected.age;
  if (left <= 0) return undefined;
  const file = spec.mode === "Thick" ? "" : ` in ${hostPaths(spec).confDir}/multus.d/multus.kubeconfig`;
  const message = `the API server rejects Multus' token${file} (Unauthorized), and pods get no network: the service account was recreated, or the signing key was rotated. Delete the Multus pod on this node`;
  return { issue: { node, reason: "TokenRejected", message }, seconds: Math.ceil(left / 1000) };
}

/** Failures of a Multus pod that the state of its node may explain. */
const EXPLAINED: readonly UnhealthyReason[] = ["CrashLoopBackOff", "NodeNotReady"];
/** What makes Multus exit; everything else is for nodes on which it runs. */
const EXPLAINING: readonly UnhealthyReason[] = [
  "NoPrimaryNetwork",
  "CiliumExclusive",
  "PrimaryNetworkVersion",
];

/**
 * One entry per node, from what its pod reports and what an inspection found: "no primary network" instead of "it
 * exited", and the pod's report for everything that an inspection cannot know, such as an image that does not exist.
 */
export function joined(
  byPods: readonly UnhealthyNode[],
  byInspections: readonly UnhealthyNode[],
): UnhealthyNode[] {
  const explained = byInspections.filter(({ node, reason }) => {
    const pod = byPods.find((entry) => entry.node === node);
    return !pod || (EXPLAINING.includes(reason) && EXPLAINED.includes(pod.reason));
  });
  const nodes = new Set(explained.map(({ node }) => node));
  return [...byPods.filter(({ node }) => !nodes.has(node)), ...explained];
}

/** The files of the nodes' primary networks; undefined if it is the spec's own text, or no node was inspected. */
export function primaryNetworkStatus(
  spec: MultusInstallSpec,
  inspections: readonly NodeInspection[],
): MultusInstallStatus["primaryNetwork"] {
  if (inspections.length === 0 || spec.primaryNetwork.source === "Inline") return undefined;
  const files = new Map<string, { file: string; networkName: string; nodes: number }>();
  for (const found of inspections) {
    const picked = pickedFile(spec, found);
    if (!picked) continue;
    const key = JSON.stringify(picked);
    const known = files.get(key) ?? { ...picked, nodes: 0 };
    files.set(key, { ...known, nodes: known.nodes + 1 });
  }
  const oldest = Math.min(...inspections.map(({ at }) => Date.parse(at)));
  return {
    files: [...files.values()]
      .toSorted((a, b) => b.nodes - a.nodes || compareTexts(a.file, b.file))
      .slice(0, MAX_FILES),
    nodesInspected: inspections.length,
    // To the hour: otherwise each of a thousand inspections would change the status.
    oldestInspection: rfc3339(Math.floor(oldest / HOUR_MS) * HOUR_MS),
  };
}

/** A warning if nodes delegate to different networks. */
export function differingNodes(status: MultusInstallStatus["primaryNetwork"]): string[] {
  const files = status?.files ?? [];
  if (files.length < 2) return [];
  const what = files.map(({ file, networkName, nodes }) => `${file} (${networkName}) on ${nodes}`).join(", ");
  return [
    `nodes have different primary networks: ${what}; name one in spec.primaryNetwork.file, or configure the nodes alike`,
  ];
}

/** A primary network whose cniVersion this Multus cannot delegate to. */
function primaryVersionIssue(
  spec: MultusInstallSpec,
  found: NodeInspection,
  confDir: string,
): string | undefined {
  if (spec.primaryNetwork.source === "Inline") return undefined;
  const name = pickedFile(spec, found)?.file;
  const file = found.confFiles.find((entry) => entry.name === name);
  // Without one it is 0.1.0; a file that could not be read has no plugins either.
  const written = file?.pluginTypes ? (file.cniVersion ?? "0.1.0") : undefined;
  if (written === undefined || !CNI_VERSIONS.includes(written)) return undefined;
  const has = `the primary network's ${confDir}/${name} has cniVersion ${written}`;
  const newest = newestCniVersion(spec.version);
  if (newest && !isAtLeast(newest, written))
    return `${has}, and Multus ${spec.version} supports results up to ${newest}: new pods fail on this node. Set spec.version to ${FIRST_TO_READ[written] ?? "a later release"} or later, or cniVersion ${newest} in that file`;
  const own = spec.cni.version;
  if (own === undefined) return undefined;
  if (flavourOf(spec) === "v4-thin" && own !== written)
    return `${has}, and spec.cni.version is ${own}: the thin plugin does not start if they differ. Remove spec.cni.version`;
  if (flavourOf(spec) === "v4-thick" && isAtLeast(own, "0.4.0") && !isAtLeast(written, "0.4.0"))
    return `${has}, and spec.cni.version is ${own}: the daemon does not start if spec.cni.version is 0.4.0 or later and the primary network's is not. Remove spec.cni.version`;
  return undefined;
}

/** The first Multus whose libcni reads results of a CNI version. */
const FIRST_TO_READ: Partial<Record<string, string>> = { "1.0.0": "v4.0.0", "1.1.0": "v4.1.0" };

function pickedFile(
  spec: MultusInstallSpec,
  found: NodeInspection,
): { file: string; networkName: string } | undefined {
  const { file } = spec.primaryNetwork;
  if (file === undefined) return found.primary;
  const named = found.confFiles.find(({ name }) => name === file);
  return named && { file, networkName: named.networkName ?? "" };
}

function missingPrimary(spec: MultusInstallSpec, found: NodeInspection, confDir: string): string | undefined {
  const { source, file } = spec.primaryNetwork;
  if (pickedFile(spec, found)) return undefined;
  // The daemon wants a file to start with, Inline or not. renameConfFile moves the file once Multus has read it.
  if (spec.mode === "Thin" && (source === "Inline" || entrypointOf(spec).renameConfFile)) return undefined;
  if (found.truncated.includes("confFiles")) return undefined;
  return file === undefined
    ? `no primary network: ${confDir} has no .conf or .conflist except Multus' own; install one (Calico, Flannel, …), or set spec.cni.confDir or spec.distribution if it is in another directory`
    : `no primary network: ${confDir}/${file}, which spec.primaryNetwork.file names, does not exist (existing files: ${found.confFiles.map(({ name }) => name).join(", ") || "none"})`;
}
