import { z } from "zod";
import { matching, withValidations } from "../rule.ts";
import { dhcp } from "./dhcp.ts";
import { DISTRIBUTIONS } from "./distribution.ts";
import { entrypointCommand, multusBinary } from "./entrypoint-command.ts";
import { FIRST_RELEASE } from "./field-releases.ts";
import { inlineConfig } from "./inline-config.ts";
import { nodes } from "./nodes.ts";
import { binDirectory, confDirectory, logDirectory } from "./permitted-host-paths.ts";
import { plugins } from "./plugins.ts";
import { daemon, entrypoint } from "./programs.ts";
import { registryImage } from "./registry-image.ts";
import { rollout } from "./rollout.ts";
import { absoluteFile, namespaceName, primaryFileName, shortDuration } from "./text.ts";
import { whereabouts } from "./whereabouts.ts";
import { workload } from "./workload.ts";

/**
 * MultusInstall.spec: the one source of its types, its CRD and its reference. Every text and list is
 * bounded, because the API server uses the bounds to estimate the cost of the CEL rules (KEP-2876).
 */

export { ARCHITECTURES } from "./workload.ts";
/** The newest release without a known defect in either mode (ADR 14, src/multus/known-defects-table.ts). */
export const DEFAULT_RELEASE = "v4.3.1";
export const PRESETS = ["Calico", "Flannel", "Cilium", "Canal", "Weave", "KubeRouter", "Bridge"] as const;

const cniVersion = () => z.enum(["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]);

const image = registryImage({
  registry: "the registry of the Multus release",
  repository: "the path of the Multus release",
  tag: "derived from version and mode (v4.3.0, v4.3.0-thick)",
}).extend({
  layout: z
    .object({
      command: entrypointCommand()
        .optional()
        .describe(
          "Command that starts Multus' entrypoint in the image, such as [bash, /usr/src/multus-cni/images/entrypoint.sh]. Default: the command of the release's own image.",
        ),
      binaryFile: multusBinary()
        .optional()
        .describe(
          "Path of the multus binary in the image, with multus in its file name; flag --multus-bin-file. Default: the entrypoint's own.",
        ),
      mountPrefix: z
        .enum(["/host", ""])
        .optional()
        .describe(
          'Prefix of the host directories in the container: "/host" as upstream, or "" for images that use the host\'s own paths. Default: "/host".',
        ),
    })
    .optional()
    .describe("How a custom image differs from upstream's. Thin only."),
});

const primaryNetwork = z.object({
  source: z
    .enum(["Auto", "File", "Inline"])
    .default("Auto")
    .describe(
      "Auto: the first configuration in cni.confDir by name. File: the file named in file. Inline: a preset or config in this object instead of a file; flag --multus-conf-file.",
    ),
  file: primaryFileName()
    .optional()
    .describe(
      `File in cni.confDir for source File, such as 10-calico.conflist; flag --multus-master-cni-file-name, key multusMasterCNI (${FIRST_RELEASE["primaryNetwork.file"]} and later).`,
    ),
  preset: z
    .enum(PRESETS)
    .optional()
    .describe("A predefined conflist for source Inline. KubeRouter is rejected: use source Auto or File."),
  config: inlineConfig().optional().describe("A CNI conflist in JSON for source Inline."),
  readinessFile: absoluteFile()
    .optional()
    .describe(
      `Multus waits for this file on the host before it delegates; flag --readiness-indicator-file (${FIRST_RELEASE["primaryNetwork.readinessFile"]} and later), key readinessindicatorfile.`,
    ),
});

const cni = z.object({
  version: cniVersion()
    .optional()
    .describe(
      "CNI version of the Multus configuration; flag --cni-version, key cniVersion. Default: 0.3.1 for v3 and thick, the primary network's version for v4 thin.",
    ),
  confDir: confDirectory()
    .optional()
    .describe(
      "The host's CNI configuration directory; flags --cni-conf-dir, --multus-autoconfig-dir, --multus-kubeconfig-file-host, keys cniConfigDir, multusAutoconfigDir. Default: the distribution's.",
    ),
  binDir: binDirectory()
    .optional()
    .describe(
      "The host's CNI plugin directory; flag --cni-bin-dir, key binDir. Default: the distribution's.",
    ),
  additionalBinDir: binDirectory()
    .optional()
    .describe(
      "A second plugin directory on the host, which is searched first; flag --additional-bin-dir, key binDir.",
    ),
});

const isolation = z.object({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      "Pods may use only NADs in their own namespace and in globalNamespaces; flag --namespace-isolation, key namespaceIsolation.",
    ),
  globalNamespaces: z
    .array(namespaceName())
    .max(64)
    .default([])
    .describe(
      `Namespaces whose NADs every pod may use despite isolation. If empty, Multus allows those of the namespace default. Flag --global-namespaces, key globalNamespaces (${FIRST_RELEASE["isolation.globalNamespaces"]} and later).`,
    ),
  systemNamespaces: z
    .array(namespaceName())
    .max(64)
    .optional()
    .describe(
      "Namespaces whose pods get only the primary network; key systemNamespaces. Thick only. Default: kube-system.",
    ),
});

const logging = z.object({
  level: z
    .enum(["debug", "verbose", "error", "panic"])
    .optional()
    .describe(
      "Log level of Multus; flag --multus-log-level, key logLevel. Default: verbose for thick, no log for thin.",
    ),
  file: absoluteFile()
    .optional()
    .describe("Log file, as a path on the host below hostDir; flag --multus-log-file, key logFile."),
  hostDir: logDirectory()
    .optional()
    .describe("Host directory that is mounted for the log file, such as /opt/cni/log."),
  toStderr: z
    .boolean()
    .optional()
    .describe(
      `Multus also logs to standard error; flag --multus-log-to-stderr, key logToStderr (${FIRST_RELEASE["logging.toStderr"]} and later). Default: true.`,
    ),
  rotation: z
    .object({
      maxAge: z
        .int()
        .min(0)
        .max(3650)
        .optional()
        .describe("Days to keep old files, 0 for any age; key logOptions.maxAge. Default: 5."),
      maxSize: z
        .int()
        .min(1)
        .max(10240)
        .optional()
        .describe("Size in megabytes at which a file is rotated; key logOptions.maxSize. Default: 100."),
      maxBackups: z
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe("Number of old files to keep, 0 for all; key logOptions.maxBackups. Default: 5."),
      compress: z
        .boolean()
        .optional()
        .describe("Compress old files; key logOptions.compress. Default: true."),
    })
    .optional()
    .describe("Rotation of the log file. Thick only."),
});

/** Findings on NADs that are not faults of the plugins' and that a cluster's administrators may still forbid. */
export const DENIABLE_CODES = [
  "ADDRESSES_PER_NODE",
  "DEFAULT_ROUTE",
  "GATEWAY_HANDED_OUT",
  "HOST_PATH",
  "MISSING_CNI_VERSION",
] as const;

const attachments = z.object({
  admission: z
    .enum(["Off", "Warn", "Deny"])
    .default("Warn")
    .describe(
      "What happens to a NetworkAttachmentDefinition, or a pod's request for networks, that cannot work: Warn admits it with a warning to the user (kubectl shows it), Deny rejects it. Questionable objects get a warning in both modes. Off disables the check. Objects in kube-system, kube-public, kube-node-lease, the operator's namespace, spec.namespace and spec.isolation.systemNamespaces are not checked.",
    ),
  denyCodes: z
    .array(z.enum(DENIABLE_CODES))
    .max(DENIABLE_CODES.length)
    .optional()
    .describe(
      "Findings (docs/reference/findings.md) for which a NetworkAttachmentDefinition is rejected although it works, in mode Warn too. HOST_PATH: it names a path of the node, which the plugin reads or writes as root.",
    ),
});

/** The rule that only the API server can check, since it needs the old object. */
const NAMESPACE_IS_IMMUTABLE = {
  rule: "self == oldSelf",
  message: "is immutable; delete the MultusInstall and create it again",
};

/** Without the rules between fields (rules.ts). */
export const multusInstallSpec = z.object({
  version: matching(
    /^v(3\.[4-9]|4\.[0-9]{1,2})(\.[0-9]{1,2})?$/,
    16,
    "must be a Multus release from v3.4 to v3.9, or of v4, such as v3.4.2 or v4.3.1",
  )
    .default(DEFAULT_RELEASE)
    .describe(
      "The Multus release. It determines the entrypoint and flags, regardless of the image's name. A release with known defects is accepted with a warning (docs/reference/known-defects.md).",
    ),
  mode: z
    .enum(["Thin", "Thick"])
    .default("Thin")
    .describe("Thin: a plugin that runs for each pod. Thick: a daemon on each node (v4.0 and later)."),
  image: image
    .prefault({})
    .describe(
      "The Multus image. It runs privileged on every node: whoever can set it is root there. The chart's value multusImages restricts its source.",
    ),
  namespace: withValidations(namespaceName(), [NAMESPACE_IS_IMMUTABLE])
    .default("kube-system")
    .describe(
      "Namespace of the Multus pods; key multusNamespace. The chart's value multusNamespaces must contain it. Immutable.",
    ),
  distribution: z
    .enum(["Auto", ...DISTRIBUTIONS])
    .default("Auto")
    .describe(
      "Sets the host's CNI directories. Auto: detected once from the nodes and the API server, and kept in status.distribution; without a cluster (render), Kubernetes.",
    ),
  primaryNetwork: primaryNetwork
    .prefault({})
    .describe(
      "The network that Multus delegates each pod's first interface to: the cluster's own, such as Calico or Flannel. Without it, pods do not start.",
    ),
  cni: cni.prefault({}).describe("CNI directories and version."),
  isolation: isolation
    .prefault({})
    .describe("Restricts the namespaces whose NetworkAttachmentDefinitions (NADs) a pod may use."),
  logging: logging.prefault({}).describe("Multus' own log."),
  entrypoint: entrypoint.optional().describe("Settings of the thin plugin's entrypoint. Thin only."),
  daemon: daemon.optional().describe("Settings of the thick daemon. Thick only."),
  workload: workload.prefault({}).describe("The DaemonSet that runs Multus."),
  rollout: rollout.prefault({}).describe("How a changed Multus reaches the nodes."),
  nodes: nodes
    .prefault({})
    .describe("What the operator does with Node objects, and on nodes in addition to running Multus."),
  plugins: plugins.prefault({}).describe("CNI plugins that networks need on the nodes, next to Multus."),
  dhcp: dhcp.prefault({}).describe("The daemon that the IPAM plugin dhcp needs on the nodes."),
  attachments: attachments
    .prefault({})
    .describe(
      "How NetworkAttachmentDefinitions, and the networks that pods request, are checked when they are created or changed.",
    ),
  whereabouts: whereabouts
    .optional()
    .describe(
      "The IPAM plugin whereabouts, which assigns addresses that are unique in the cluster. Default: not installed.",
    ),
  uninstall: z
    .object({
      nodes: z
        .enum(["Clean", "Leave"])
        .default("Clean")
        .describe(
          "Clean: a pod with the operator's image removes Multus' files from each node. Leave: the files that Multus' own pods do not remove stay, and so do plugins that spec.plugins installed; v3, and v4 thin without refreshKubeconfig, then leave nodes on which new pods fail.",
        ),
      timeout: shortDuration()
        .default("5m")
        .describe(
          "How long a deletion waits for nodes that cannot be cleaned, for example because they are down or cannot be listed. Afterwards the deletion continues without them, and an event names them.",
        ),
      networkDefinitions: z
        .enum(["Keep", "Delete"])
        .default("Keep")
        .describe(
          "Whether the NetworkAttachmentDefinition CRD is deleted with the install. Delete deletes every NAD in the cluster.",
        ),
      addressPools: z
        .enum(["Keep", "Delete"])
        .default("Keep")
        .describe(
          "Whether the CRDs of whereabouts that the operator created are deleted with the install. Delete deletes every IPPool in the cluster, and with it the record of which pod has which address.",
        ),
    })
    .prefault({})
    .describe("What a deletion of this object removes."),
  adopt: z
    .boolean()
    .default(false)
    .describe(
      "Whether to adopt a Multus that was installed by hand in spec.namespace: fields that kubectl or Helm set become the operator's. Pods that already run Multus as the spec requires are not restarted. If false, objects that are not the operator's are reported (OwnershipConflict) and not changed.",
    ),
  paused: z
    .boolean()
    .default(false)
    .describe(
      "While true, Multus and its objects stay as they are: nothing is applied, repaired, rolled out, removed or inspected. The status is still updated, and lists the pending writes. Two things continue: the startup taint is removed from nodes on which Multus runs, and certificates of running daemons and of the operator's webhook are renewed. Deleting a paused MultusInstall removes Multus.",
    ),
});

export type MultusInstallSpec = z.output<typeof multusInstallSpec>;
export type MultusInstallSpecInput = z.input<typeof multusInstallSpec>;

/** The thin entrypoint's settings with their defaults, whether the spec has them or not. */
export function entrypointOf(spec: MultusInstallSpec): z.output<typeof entrypoint> {
  return spec.entrypoint ?? entrypoint.parse({});
}
