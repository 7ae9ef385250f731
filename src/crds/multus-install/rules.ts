import type { Rule } from "../rule.ts";
import { type Distribution, HOST_DIRECTORIES, isBelow } from "./host-paths.ts";

/** The fields that the rules use, with defaults. */
export interface RuledSpec {
  version: string;
  mode: "Thin" | "Thick";
  namespace: string;
  distribution: Distribution | "Auto";
  cni: {
    version?: string | undefined;
    confDir?: string | undefined;
    binDir?: string | undefined;
    additionalBinDir?: string | undefined;
  };
  image: { layout?: unknown };
  primaryNetwork: {
    source: string;
    file?: string | undefined;
    preset?: string | undefined;
    config?: string | undefined;
  };
  isolation: { globalNamespaces: readonly string[]; systemNamespaces?: readonly string[] | undefined };
  logging: {
    file?: string | undefined;
    hostDir?: string | undefined;
    rotation?: unknown;
    toStderr?: boolean | undefined;
  };
  entrypoint?:
    | {
        overrideNetworkName: boolean;
        renameConfFile: boolean;
        refreshKubeconfig: boolean;
        restartCRIO: boolean;
        kubeconfigMode?: string | undefined;
      }
    | undefined;
  daemon?:
    | {
        connectionLimit?: number | undefined;
        auxiliaryCNIChainName?: string | undefined;
        clusterNetwork?: string | undefined;
        perNodeCertificate?: { enabled: boolean; bootstrapKubeconfig?: string | undefined } | undefined;
      }
    | undefined;
  workload: { architectures?: readonly string[] | undefined };
  attachments: { admission: string; denyCodes?: readonly string[] | undefined };
}

/** A contradiction between fields of the spec. */
export interface FieldsRule extends Rule<RuledSpec> {
  /** The field to change. */
  path: string;
}

const isV3 = (spec: RuledSpec) => spec.version.startsWith("v3.");
/** entrypoint.sh has fewer flags before v3.7: --global-namespaces and --multus-log-to-stderr came with it. */
const isBefore37 = (spec: RuledSpec) => /^v3\.[4-6](\.|$)/.test(spec.version);
const before37 = "self.version.matches('^v3\\\\.[4-6](\\\\.|$)')";
/** --multus-master-cni-file-name came with v3.7.2. */
const isBefore372 = (spec: RuledSpec) => /^v3\.([4-6](\.|$)|7$|7\.[01]$)/.test(spec.version);
const before372 = "self.version.matches('^v3\\\\.([4-6](\\\\.|$)|7$|7\\\\.[01]$)')";
const v3 = "self.version.startsWith('v3.')";

/**
 * The pattern of a path lets through what any distribution has; this is what the one at hand has. The CEL is
 * written out, since the API server prices a loop over a list of literals as if it had no end.
 * @param absent CEL that is true where the field is not set
 */
function hostPathRule(
  field: string,
  kind: "conf" | "bin" | "kubelet",
  absent: string,
  read: (spec: RuledSpec) => string | undefined,
): FieldsRule {
  const { common, own } = HOST_DIRECTORIES;
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

export const RULES: readonly FieldsRule[] = [
  directoryRule("confDir"),
  directoryRule("binDir"),
  directoryRule("additionalBinDir"),
  {
    path: "spec.mode",
    message: "Thick requires version v4.0 or later; use mode: Thin or a v4 release",
    cel: `self.mode != 'Thick' || !${v3}`,
    holds: (s) => s.mode !== "Thick" || !isV3(s),
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
    message: "is for mode: Thin only; the daemon's paths are fixed",
    cel: "self.mode != 'Thick' || !has(self.image.layout)",
    holds: (s) => s.mode !== "Thick" || s.image.layout === undefined,
  },
  {
    path: "spec.entrypoint.restartCRIO",
    message: "exists in v3 only (v4 rejects the flag and does not need it); remove it",
    cel: `${v3} || !has(self.entrypoint) || !self.entrypoint.restartCRIO`,
    holds: (s) => isV3(s) || !s.entrypoint?.restartCRIO,
  },
  {
    path: "spec.entrypoint.kubeconfigMode",
    message: "exists in v3 only; v4 always writes the kubeconfig with mode 600; remove it",
    cel: `${v3} || !has(self.entrypoint) || !has(self.entrypoint.kubeconfigMode)`,
    holds: (s) => isV3(s) || s.entrypoint?.kubeconfigMode === undefined,
  },
  {
    path: "spec.entrypoint.renameConfFile",
    // thin_entrypoint deletes Multus' own file when it ends, and finds no primary network when it starts again.
    message:
      "would leave a node without a CNI configuration when the Multus pod restarts, because refreshKubeconfig deletes Multus' own on exit; remove it or set refreshKubeconfig: false",
    cel: `${v3} || !has(self.entrypoint) || !self.entrypoint.renameConfFile || !self.entrypoint.refreshKubeconfig`,
    holds: (s) => isV3(s) || !s.entrypoint?.renameConfFile || !s.entrypoint.refreshKubeconfig,
  },
  {
    path: "spec.cni.version",
    // The libcni of v3 is 0.7 or 0.8 (go.mod of 3.4.2 and 3.9.3), which fails a configuration of a newer version.
    message: "must be 0.4.0 or earlier with v3",
    cel: `!has(self.cni.version) || !self.cni.version.startsWith('1.') || !${v3}`,
    holds: (s) => !s.cni.version?.startsWith("1.") || !isV3(s),
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
    message:
      "File requires version v3.7.2 or later (earlier entrypoints do not have the flag); use Inline, or rename the file so that it sorts first",
    cel: `self.primaryNetwork.source != 'File' || !${before372}`,
    holds: (s) => s.primaryNetwork.source !== "File" || !isBefore372(s),
  },
  {
    path: "spec.primaryNetwork.source",
    message: "Inline requires version v4.1.0 or later in mode: Thick; use Auto or File",
    cel: "self.primaryNetwork.source != 'Inline' || self.mode != 'Thick' || !self.version.matches('^v4\\\\.0(\\\\.|$)')",
    holds: (s) =>
      s.primaryNetwork.source !== "Inline" || s.mode !== "Thick" || !/^v4\.0(\.|$)/.test(s.version),
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
  {
    path: "spec.isolation.globalNamespaces",
    message: "requires version v3.7 or later",
    cel: `size(self.isolation.globalNamespaces) == 0 || !${before37}`,
    holds: (s) => s.isolation.globalNamespaces.length === 0 || !isBefore37(s),
  },
  {
    path: "spec.isolation.systemNamespaces",
    message: "is for mode: Thick only",
    cel: "self.mode == 'Thick' || !has(self.isolation.systemNamespaces)",
    holds: (s) => s.mode === "Thick" || s.isolation.systemNamespaces === undefined,
  },
  {
    path: "spec.logging.rotation",
    message: "is for mode: Thick only",
    cel: "self.mode == 'Thick' || !has(self.logging.rotation)",
    holds: (s) => s.mode === "Thick" || s.logging.rotation === undefined,
  },
  {
    path: "spec.logging.toStderr",
    message: "requires version v3.7 or later",
    cel: `!has(self.logging.toStderr) || !${before37}`,
    holds: (s) => s.logging.toStderr === undefined || !isBefore37(s),
  },
  {
    path: "spec.logging.file",
    message: "requires logging.hostDir, and must be below it",
    cel: "!has(self.logging.file) || (has(self.logging.hostDir) && self.logging.file.startsWith(self.logging.hostDir + '/'))",
    holds: ({ logging: { file, hostDir } }) =>
      file === undefined || (hostDir !== undefined && file.startsWith(`${hostDir}/`)),
  },
  {
    path: "spec.daemon.connectionLimit",
    message: "requires version v4.3.0 or later",
    cel: "!has(self.daemon) || !has(self.daemon.connectionLimit) || !self.version.matches('^v4\\\\.[0-2](\\\\.|$)')",
    holds: (s) => s.daemon?.connectionLimit === undefined || !/^v4\.[0-2](\.|$)/.test(s.version),
  },
  {
    path: "spec.daemon.auxiliaryCNIChainName",
    // cmdAdd of 4.3.0: "auxiliary chain used but ClusterNetwork must be a path"; it is one unless it is set.
    message: "makes every pod fail together with daemon.clusterNetwork; remove one of the two",
    cel: "!has(self.daemon) || !has(self.daemon.auxiliaryCNIChainName) || !has(self.daemon.clusterNetwork)",
    holds: ({ daemon }) => daemon?.auxiliaryCNIChainName === undefined || daemon.clusterNetwork === undefined,
  },
  {
    path: "spec.daemon.perNodeCertificate",
    message: "requires version v4.1.0 or later",
    cel: "!has(self.daemon) || !has(self.daemon.perNodeCertificate) || !self.daemon.perNodeCertificate.enabled || !self.version.matches('^v4\\\\.0(\\\\.|$)')",
    holds: (s) => !s.daemon?.perNodeCertificate?.enabled || !/^v4\.0(\.|$)/.test(s.version),
  },
  hostPathRule(
    "daemon.perNodeCertificate.bootstrapKubeconfig",
    "kubelet",
    "!has(self.daemon) || !has(self.daemon.perNodeCertificate) || !has(self.daemon.perNodeCertificate.bootstrapKubeconfig)",
    ({ daemon }) => daemon?.perNodeCertificate?.bootstrapKubeconfig,
  ),
  {
    path: "spec.workload.architectures",
    message: "is for v3 only; v4 images serve every architecture from one DaemonSet",
    cel: `${v3} || !has(self.workload.architectures)`,
    holds: (s) => isV3(s) || s.workload.architectures === undefined,
  },
  {
    path: "spec.attachments.denyCodes",
    message: "has no effect with attachments.admission: Off; use Warn or Deny",
    cel: "self.attachments.admission != 'Off' || !has(self.attachments.denyCodes)",
    holds: ({ attachments }) => attachments.admission !== "Off" || attachments.denyCodes === undefined,
  },
];

/** The rule that only the API server can check, since it needs the old object. */
export const NAMESPACE_IS_IMMUTABLE = {
  rule: "self == oldSelf",
  message: "is immutable; delete the MultusInstall and create it again",
};
