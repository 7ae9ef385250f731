import type { Rule } from "../rule.ts";
import { FIRST_RELEASE, type ONLY_V3 } from "./field-releases.ts";
import { isBelow, PERMITTED_HOST_PATHS } from "./permitted-host-paths.ts";
import { PLUGIN_RULES } from "./plugin-rules.ts";
import type { MultusInstallSpec } from "./spec.ts";
import { before, IS_V3 } from "./version-condition.ts";

/** A contradiction between fields of the spec. */
export interface FieldsRule extends Rule<MultusInstallSpec> {
  /** The field to change. */
  path: string;
}

/**
 * The pattern of a path lets through what any distribution has; this is what the one at hand has. The CEL is
 * written out, since the API server prices a loop over a list of literals as if it had no end.
 * @param absent CEL that is true where the field is not set
 */
function hostPathRule(
  field: string,
  kind: "conf" | "bin" | "kubelet",
  absent: string,
  read: (spec: MultusInstallSpec) => string | undefined,
): FieldsRule {
  const { common, own } = PERMITTED_HOST_PATHS;
  const path = `self.${field}`;
  const below = (roots: readonly string[]) =>
    roots
      .flatMap((root) => [
        `${path} == '${root}'`,
        ...(kind === "kubelet" ? [] : [`${path}.startsWith('${root}/')`]),
      ])
      .join(" || ");
  const ofDistribution = Object.entries(own)
    .filter(([, roots]) => roots[kind].length > 0)
    .map(([name, roots]) => `(self.distribution == '${name}' && (${below(roots[kind])}))`);
  return {
    path: `spec.${field}`,
    message: `is a ${kind === "kubelet" ? "file" : "directory"} of another distribution; set distribution to the right one, or remove the field`,
    // Auto: the operator checks the rule again once it knows the distribution.
    cel: [absent, "self.distribution == 'Auto'", below(common[kind]), ...ofDistribution].join(" || "),
    holds: (spec) => {
      const value = read(spec);
      const { distribution } = spec;
      if (value === undefined || distribution === "Auto") return true;
      const allowed = [...common[kind], ...own[distribution][kind]];
      return kind === "kubelet" ? allowed.includes(value) : isBelow(allowed, value);
    },
  };
}

function directoryRule(field: "confDir" | "binDir" | "additionalBinDir"): FieldsRule {
  const kind = field === "confDir" ? "conf" : "bin";
  return hostPathRule(`cni.${field}`, kind, `!has(self.cni.${field})`, ({ cni }) => cni[field]);
}

/** The entrypoints look at these flags only while they generate a configuration (--multus-conf-file=auto). */
function generatedOnlyRule(field: "overrideNetworkName" | "renameConfFile" | "restartCRIO"): FieldsRule {
  return {
    path: `spec.entrypoint.${field}`,
    message: "does nothing with primaryNetwork.source: Inline; remove it, or use Auto or File",
    cel: `self.primaryNetwork.source != 'Inline' || !has(self.entrypoint) || !self.entrypoint.${field}`,
    holds: ({ primaryNetwork, entrypoint }) => primaryNetwork.source !== "Inline" || !entrypoint?.[field],
  };
}

/** When a field is not set, for the API server (CEL) and for offline use. */
interface Absence {
  cel: string;
  holds: (spec: MultusInstallSpec) => boolean;
}

/** A field that the releases before its first do not have. */
function firstReleaseRule(field: keyof typeof FIRST_RELEASE, absent: Absence): FieldsRule {
  const tooOld = before(FIRST_RELEASE[field]);
  return {
    path: `spec.${field}`,
    message: `requires version ${FIRST_RELEASE[field]} or later; remove it or use a later release`,
    cel: `${absent.cel} || !${tooOld.cel}`,
    holds: (spec) => absent.holds(spec) || !tooOld.holds(spec),
  };
}

/** A field that v4 has nothing for. */
function onlyV3Rule(field: (typeof ONLY_V3)[number], message: string, absent: Absence): FieldsRule {
  return {
    path: `spec.${field}`,
    message,
    cel: `${IS_V3.cel} || ${absent.cel}`,
    holds: (spec) => IS_V3.holds(spec) || absent.holds(spec),
  };
}

/** From this release on the daemon reads a primary network's configuration that is not a file of the node. */
const FIRST_INLINE_THICK = "v4.1.0";
const lacksFile = before(FIRST_RELEASE["primaryNetwork.file"]);
const lacksInlineThick = before(FIRST_INLINE_THICK);

export const RULES: readonly FieldsRule[] = [
  ...PLUGIN_RULES,
  directoryRule("confDir"),
  directoryRule("binDir"),
  directoryRule("additionalBinDir"),
  {
    path: "spec.mode",
    message: "Thick requires version v4.0 or later; use mode: Thin or a v4 release",
    cel: `self.mode != 'Thick' || !${IS_V3.cel}`,
    holds: (s) => s.mode !== "Thick" || !IS_V3.holds(s),
  },
  {
    path: "spec.entrypoint",
    message: "is for mode: Thin only; remove it or use mode: Thin",
    cel: "self.mode != 'Thick' || !has(self.entrypoint)",
    holds: (s) => s.mode !== "Thick" || s.entrypoint === undefined,
  },
  {
    path: "spec.daemon",
    message: "is for mode: Thick only; remove it or use mode: Thick",
    cel: "self.mode != 'Thin' || !has(self.daemon)",
    holds: (s) => s.mode !== "Thin" || s.daemon === undefined,
  },
  {
    path: "spec.image.layout",
    message: "is for mode: Thin only, because the daemon's paths are fixed; remove it or use mode: Thin",
    cel: "self.mode != 'Thick' || !has(self.image.layout)",
    holds: (s) => s.mode !== "Thick" || s.image.layout === undefined,
  },
  onlyV3Rule(
    "entrypoint.restartCRIO",
    "exists in v3 only (v4 rejects the flag and does not need it); remove it",
    {
      cel: "!has(self.entrypoint) || !self.entrypoint.restartCRIO",
      holds: (s) => !s.entrypoint?.restartCRIO,
    },
  ),
  onlyV3Rule(
    "entrypoint.kubeconfigMode",
    "exists in v3 only; v4 always writes the kubeconfig with mode 600; remove it",
    {
      cel: "!has(self.entrypoint) || !has(self.entrypoint.kubeconfigMode)",
      holds: (s) => s.entrypoint?.kubeconfigMode === undefined,
    },
  ),
  {
    path: "spec.entrypoint.renameConfFile",
    // thin_entrypoint deletes Multus' own file when it ends, and finds no primary network when it starts again.
    message:
      "would leave a node without a CNI configuration when the Multus pod restarts, because refreshKubeconfig deletes Multus' own on exit; remove it or set refreshKubeconfig: false",
    cel: `${IS_V3.cel} || !has(self.entrypoint) || !self.entrypoint.renameConfFile || !self.entrypoint.refreshKubeconfig`,
    holds: (s) => IS_V3.holds(s) || !s.entrypoint?.renameConfFile || !s.entrypoint.refreshKubeconfig,
  },
  {
    path: "spec.cni.version",
    // The libcni of v3 is 0.7 or 0.8 (go.mod of 3.4.2 and 3.9.3), which fails a configuration of a newer version.
    message: "must be 0.4.0 or earlier with v3",
    cel: `!has(self.cni.version) || !self.cni.version.startsWith('1.') || !${IS_V3.cel}`,
    holds: (s) => !s.cni.version?.startsWith("1.") || !IS_V3.holds(s),
  },
  generatedOnlyRule("overrideNetworkName"),
  generatedOnlyRule("renameConfFile"),
  generatedOnlyRule("restartCRIO"),
  {
    path: "spec.primaryNetwork.file",
    message: "is required for source: File, and allowed only there",
    cel: "(self.primaryNetwork.source == 'File') == has(self.primaryNetwork.file)",
    holds: (s) => (s.primaryNetwork.source === "File") === (s.primaryNetwork.file !== undefined),
  },
  {
    path: "spec.primaryNetwork.source",
    message: "Inline requires exactly one of preset and config; Auto and File allow neither",
    cel: "(self.primaryNetwork.source == 'Inline') ? has(self.primaryNetwork.preset) != has(self.primaryNetwork.config) : !has(self.primaryNetwork.preset) && !has(self.primaryNetwork.config)",
    holds: ({ primaryNetwork: { source, preset, config } }) =>
      source === "Inline"
        ? (preset !== undefined) !== (config !== undefined)
        : preset === undefined && config === undefined,
  },
  {
    path: "spec.primaryNetwork.source",
    message: `File requires version ${FIRST_RELEASE["primaryNetwork.file"]} or later (earlier entrypoints do not have the flag); use Inline, or rename the file so that it sorts first`,
    cel: `self.primaryNetwork.source != 'File' || !${lacksFile.cel}`,
    holds: (s) => s.primaryNetwork.source !== "File" || !lacksFile.holds(s),
  },
  {
    path: "spec.primaryNetwork.source",
    message: `Inline requires version ${FIRST_INLINE_THICK} or later in mode: Thick; use Auto or File`,
    cel: `self.primaryNetwork.source != 'Inline' || self.mode != 'Thick' || !${lacksInlineThick.cel}`,
    holds: (s) => s.primaryNetwork.source !== "Inline" || s.mode !== "Thick" || !lacksInlineThick.holds(s),
  },
  {
    path: "spec.daemon.clusterNetwork",
    message: "names the same network as primaryNetwork.source: Inline; remove one of the two",
    cel: "self.primaryNetwork.source != 'Inline' || !has(self.daemon) || !has(self.daemon.clusterNetwork)",
    holds: ({ primaryNetwork, daemon }) =>
      primaryNetwork.source !== "Inline" || daemon?.clusterNetwork === undefined,
  },
  {
    path: "spec.daemon.auxiliaryCNIChainName",
    // cmdAdd of 4.3.0 looks for the chain next to the primary network's file.
    message: "makes every pod fail with primaryNetwork.source: Inline; use Auto or File",
    cel: "self.primaryNetwork.source != 'Inline' || !has(self.daemon) || !has(self.daemon.auxiliaryCNIChainName)",
    holds: ({ primaryNetwork, daemon }) =>
      primaryNetwork.source !== "Inline" || daemon?.auxiliaryCNIChainName === undefined,
  },
  firstReleaseRule("isolation.globalNamespaces", {
    cel: "size(self.isolation.globalNamespaces) == 0",
    holds: (s) => s.isolation.globalNamespaces.length === 0,
  }),
  {
    path: "spec.isolation.systemNamespaces",
    message: "is for mode: Thick only; remove it or use mode: Thick",
    cel: "self.mode == 'Thick' || !has(self.isolation.systemNamespaces)",
    holds: (s) => s.mode === "Thick" || s.isolation.systemNamespaces === undefined,
  },
  {
    path: "spec.logging.rotation",
    message: "is for mode: Thick only; remove it or use mode: Thick",
    cel: "self.mode == 'Thick' || !has(self.logging.rotation)",
    holds: (s) => s.mode === "Thick" || s.logging.rotation === undefined,
  },
  firstReleaseRule("logging.toStderr", {
    cel: "!has(self.logging.toStderr)",
    holds: (s) => s.logging.toStderr === undefined,
  }),
  {
    path: "spec.logging.file",
    message: "requires logging.hostDir, and must be below it",
    cel: "!has(self.logging.file) || (has(self.logging.hostDir) && self.logging.file.startsWith(self.logging.hostDir + '/'))",
    holds: ({ logging: { file, hostDir } }) =>
      file === undefined || (hostDir !== undefined && file.startsWith(`${hostDir}/`)),
  },
  // v3.4 reads the key of a configuration, and its entrypoint has no flag for it.
  firstReleaseRule("primaryNetwork.readinessFile", {
    cel: "self.primaryNetwork.source == 'Inline' || !has(self.primaryNetwork.readinessFile)",
    holds: ({ primaryNetwork: { source, readinessFile } }) =>
      source === "Inline" || readinessFile === undefined,
  }),
  firstReleaseRule("daemon.auxiliaryCNIChainName", {
    cel: "!has(self.daemon) || !has(self.daemon.auxiliaryCNIChainName)",
    holds: (s) => s.daemon?.auxiliaryCNIChainName === undefined,
  }),
  firstReleaseRule("daemon.connectionLimit", {
    cel: "!has(self.daemon) || !has(self.daemon.connectionLimit)",
    holds: (s) => s.daemon?.connectionLimit === undefined,
  }),
  {
    path: "spec.daemon.auxiliaryCNIChainName",
    // cmdAdd of 4.3.0: "auxiliary chain used but ClusterNetwork must be a path"; it is one unless it is set.
    message: "makes every pod fail together with daemon.clusterNetwork; remove one of the two",
    cel: "!has(self.daemon) || !has(self.daemon.auxiliaryCNIChainName) || !has(self.daemon.clusterNetwork)",
    holds: ({ daemon }) => daemon?.auxiliaryCNIChainName === undefined || daemon.clusterNetwork === undefined,
  },
  firstReleaseRule("daemon.perNodeCertificate", {
    cel: "!has(self.daemon) || !has(self.daemon.perNodeCertificate) || !self.daemon.perNodeCertificate.enabled",
    holds: (s) => !s.daemon?.perNodeCertificate?.enabled,
  }),
  hostPathRule(
    "daemon.perNodeCertificate.bootstrapKubeconfig",
    "kubelet",
    "!has(self.daemon) || !has(self.daemon.perNodeCertificate) || !has(self.daemon.perNodeCertificate.bootstrapKubeconfig)",
    ({ daemon }) => daemon?.perNodeCertificate?.bootstrapKubeconfig,
  ),
  onlyV3Rule(
    "workload.architectures",
    "is for v3 only; remove it: v4 images serve every architecture from one DaemonSet",
    {
      cel: "!has(self.workload.architectures)",
      holds: (s) => s.workload.architectures === undefined,
    },
  ),
  {
    path: "spec.attachments.denyCodes",
    message: "has no effect with attachments.admission: Off; use Warn or Deny",
    cel: "self.attachments.admission != 'Off' || !has(self.attachments.denyCodes)",
    holds: ({ attachments }) => attachments.admission !== "Off" || attachments.denyCodes === undefined,
  },
];
