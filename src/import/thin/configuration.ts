import { checkConflist } from "../../cni/check-conflist.ts";
import { show } from "../../cni/finding.ts";
import { isObject } from "../../cni/section.ts";
import { INLINE_FILE } from "../../multus/entrypoint-flags.ts";
import { parseConflist } from "../../multus/primary-network.ts";
import { asConflist } from "../delegate.ts";
import type { Draft } from "../draft.ts";
import { Findings, type ImportFinding } from "../finding.ts";
import { withFieldNames } from "../manifest/go-keys.ts";
import type { Situation } from "../situation.ts";

/** Where v3's image has the configuration that it takes without the flag. */
const IN_IMAGE = "/usr/src/multus-cni/images/70-multus.conf";

/**
 * The configuration that --multus-conf-file names: nothing to say for "auto", else the ConfigMap's, whose
 * delegate becomes primaryNetwork.config. Returns findings about the ConfigMap.
 */
export function readConfiguration(file: string | undefined, situation: Situation): ImportFinding[] {
  const { flavour, mounts, configMaps, findings } = situation;
  const path = file ?? (flavour === "v3" ? IN_IMAGE : "auto");
  const used = path === "auto" ? undefined : mounts.configMapOf(path);
  for (const mount of mounts.unused) if (mount.volume.configMap) mounts.use(mount);
  if (path !== "auto" && !used)
    findings.lost(
      "args --multus-conf-file",
      `${show(path)} comes from the image or is written in the container, and its content is not known here; source: Auto is used instead`,
    );
  const map = configMaps.find(({ metadata }) => metadata.name === used?.name);
  if (used && map?.data[used.key] === undefined)
    findings.corrected(
      "args --multus-conf-file",
      `ConfigMap ${show(used.name)} with the key ${show(used.key)} does not exist`,
    );
  return configMaps.flatMap((configMap) => {
    const about = new Findings(
      `ConfigMap ${configMap.metadata.namespace ?? "default"}/${configMap.metadata.name}`,
    );
    for (const [key, text] of Object.entries(configMap.data))
      readText({ key, text, path, isUsed: configMap === map && key === used?.key }, situation.draft, about);
    return about.list;
  });
}

/** A text of a ConfigMap. */
interface Entry {
  key: string;
  text: string;
  /** What --multus-conf-file names. */
  path: string;
  /** Whether that is this text. */
  isUsed: boolean;
}

function readText(entry: Entry, draft: Draft, findings: Findings): void {
  const { key, text, path, isUsed } = entry;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    if (isUsed) findings.corrected(`data.${key}`, "is not valid JSON; source: Auto is used instead");
    return;
  }
  if (isObject(config)) config = withFieldNames(config, [...CARRIED, "name", "type", "capabilities"]);
  const delegate = isObject(config) && Array.isArray(config.delegates) ? config.delegates[0] : undefined;
  if (!isUsed)
    findings.note(`data.${key}`, `is not read with --multus-conf-file=${path}; it is not imported`);
  if (isObject(delegate)) checkDelegate(delegate, key, findings);
  if (isUsed && isObject(config)) readUsed(config, entry, draft, findings);
}

function readUsed(
  config: Record<string, unknown>,
  { key, path }: Entry,
  draft: Draft,
  findings: Findings,
): void {
  const at = (name: string) => `data.${key}.${name}`;
  const [first, ...further] = Array.isArray(config.delegates) ? config.delegates : [];
  if (first === undefined && typeof config.clusterNetwork === "string" && config.clusterNetwork !== "") {
    readClusterNetwork(config.clusterNetwork, at("clusterNetwork"), draft, findings);
    return;
  }
  if (!isObject(first)) {
    findings.corrected(
      at("delegates"),
      "names no network, and Multus exits without one; source: Auto is used instead",
    );
    return;
  }
  if (further.length > 0)
    findings.lost(at("delegates"), `only the first of ${further.length + 1} is imported`);
  draft.primaryNetwork = {
    ...draft.primaryNetwork,
    source: "Inline",
    config: JSON.stringify(asConflist(first), null, 2),
  };
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name !== INLINE_FILE)
    findings.changed(
      "the file on the node",
      `becomes ${INLINE_FILE}: ${show(name)} has an effect only if it sorts before the primary network's own`,
    );
  readSettings(config, draft);
  for (const [field, value] of Object.entries(config)) {
    if (CARRIED.includes(field) || isFixed(field, value)) continue;
    findings.lost(
      at(field),
      `no field of a MultusInstall sets it with source: Inline (it is ${show(value)})`,
    );
  }
}

/** What a configuration sets next to its delegates; the values are checked with the whole spec afterwards. */
function readSettings(config: Record<string, unknown>, draft: Draft): void {
  const set = <T extends object>(group: T, field: keyof T, value: unknown) => {
    if (value !== undefined) group[field] = value as never;
  };
  const { globalNamespaces: names } = config;
  set(draft.cni, "version", config.cniVersion === "0.3.1" ? undefined : config.cniVersion);
  set(draft.cni, "additionalBinDir", config.binDir);
  set(draft.isolation, "enabled", config.namespaceIsolation || undefined);
  set(
    draft.isolation,
    "globalNamespaces",
    typeof names === "string" ? names.split(",").filter(Boolean) : undefined,
  );
  set(draft.logging, "level", config.logLevel);
  set(draft.logging, "file", config.logFile);
  set(draft.logging, "toStderr", config.logToStderr);
  set(draft.primaryNetwork, "readinessFile", config.readinessindicatorfile);
}

/**
 * LoadNetConf takes clusterNetwork instead of delegates: a path, a NAD in Multus' namespace, or the name of a network in
 * confDir (multus-cni pkg/k8sclient, getNetDelegate).
 */
function readClusterNetwork(network: string, at: string, draft: Draft, findings: Findings): void {
  const file = /^\/.*\/([^/]+\.conf(?:list)?)$/.exec(network)?.[1];
  if (file !== undefined) {
    draft.primaryNetwork = { ...draft.primaryNetwork, source: "File", file };
    findings.changed(at, `becomes primaryNetwork.file: ${file}, in cni.confDir`);
    return;
  }
  findings.lost(
    at,
    `names the primary network ${show(network)}, a NAD in Multus' namespace or a network of that name in the CNI directory; source: Auto uses the first file there instead. If that is another network, set primaryNetwork.source: File and its file`,
  );
}

const CARRIED = [
  "delegates",
  "cniVersion",
  "kubeconfig",
  "binDir",
  "namespaceIsolation",
  "globalNamespaces",
  "logLevel",
  "logFile",
  "logToStderr",
  "readinessindicatorfile",
];

/** What the operator writes whatever the spec says. */
function isFixed(field: string, value: unknown): boolean {
  if (field === "capabilities") return JSON.stringify(value) === '{"portMappings":true}';
  return (field === "name" && value === "multus-cni-network") || (field === "type" && value === "multus");
}

/** Says what in a delegate Multus would not start a pod with. */
function checkDelegate(delegate: Record<string, unknown>, key: string, findings: Findings): void {
  const parsed = parseConflist(JSON.stringify(asConflist(delegate)));
  const problems = parsed.ok
    ? [
        ...parsed.warnings.map(({ message }) => message),
        ...checkConflist(parsed.conflist)
          .filter(({ severity }) => severity === "error")
          .map(({ path, message }) => `${path} ${message}`),
      ]
    : parsed.problems.map(({ message }) => message);
  for (const problem of problems) findings.broken(`data.${key}.delegates[0]`, problem);
  const plugins = Array.isArray(delegate.plugins) ? delegate.plugins : [];
  for (const [index, plugin] of plugins.entries())
    if (isObject(plugin) && plugin.type === "calico" && isObject(plugin.delegate))
      findings.broken(
        `data.${key}.delegates[0].plugins[${index}].delegate`,
        "is a setting of flannel that calico does not know; use primaryNetwork.preset: Calico",
      );
}
