import { show } from "../../cni/finding.ts";
import { isObject } from "../../cni/section.ts";
import { CERTIFICATES, FIXED_KEYS } from "../../multus/daemon-config.ts";
import { asConflist } from "../delegate.ts";
import type { Draft } from "../draft.ts";
import { Findings, type ImportFinding } from "../finding.ts";
import { withFieldNames } from "../manifest/go-keys.ts";
import { type Mounts, trim } from "../manifest/mounts.ts";
import type { Situation } from "../situation.ts";
import { type DaemonSituation, readArguments, readDirectories } from "./host.ts";

const CONFIG_FILE = "/etc/cni/net.d/multus.d/daemon-config.json";
const texts = (value: unknown) => (typeof value === "string" ? value.split(",").filter(Boolean) : undefined);
const list = (value: unknown) => (Array.isArray(value) ? value : undefined);

/** What each key sets in the spec; the value is checked with the whole spec afterwards. */
const READERS: Record<string, (value: unknown, draft: Draft, mounts: Mounts) => void> = {
  cniVersion: (value, { cni }) => {
    if (value !== "0.3.1" && value !== "") cni.version = value as never;
  },
  logLevel: (value, { logging }) => {
    if (value !== "verbose" && value !== "") logging.level = value as never;
  },
  logToStderr: (value, { logging }) => {
    if (value !== true) logging.toStderr = value as never;
  },
  logFile: (value, { logging }) => {
    logging.file = value as never;
  },
  logOptions: (value, { logging }) => {
    logging.rotation = value as never;
  },
  multusMasterCNI: (value, { primaryNetwork }) => {
    if (value === "") return;
    primaryNetwork.source = "File";
    primaryNetwork.file = value as never;
  },
  readinessindicatorfile: (value, { primaryNetwork }, mounts) => {
    if (typeof value === "string") primaryNetwork.readinessFile = mounts.hostPathOf(value) ?? value;
  },
  namespaceIsolation: (value, { isolation }) => {
    if (value === true) isolation.enabled = true;
  },
  globalNamespaces: (value, { isolation }) => {
    isolation.globalNamespaces = texts(value) ?? (value as never);
  },
  systemNamespaces: (value, { isolation }) => {
    isolation.systemNamespaces = list(value) as never;
  },
};
for (const key of [
  "metricsPort",
  "connectionLimit",
  "capabilities",
  "retryDeleteOnError",
  "overrideNetworkName",
  "auxiliaryCNIChainName",
  "defaultNetworks",
] as const)
  READERS[key] = (value, { daemon }) => {
    daemon[key] = value as never;
  };
READERS.clusterNetwork = (value, { daemon, primaryNetwork, directories }, mounts) => {
  // A file of the node, as thin's configurations have it too: primaryNetwork.file delegates to the same one.
  const [, directory = "", file] = /^(\/.*)\/([^/]+\.conf(?:list)?)$/.exec(String(value)) ?? [];
  if (file !== undefined && mounts.hostPathOf(directory) === directories?.confDir)
    Object.assign(primaryNetwork, { source: "File", file });
  else if (value !== "") daemon.clusterNetwork = value as never;
};
READERS.perNodeCertificate = (value, { daemon }) => {
  const { enabled, bootstrapKubeconfig, certDuration = "10m" } = (value ?? {}) as Record<string, unknown>;
  if (enabled === true)
    daemon.perNodeCertificate = {
      enabled,
      ...(bootstrapKubeconfig === undefined ? {} : { bootstrapKubeconfig }),
      certDuration,
    } as never;
};
/** Read with the directories, or right as the operator writes them. */
const ELSEWHERE = [
  "cniConfigDir",
  "multusAutoconfigDir",
  "binDir",
  "multusNamespace",
  "chrootDir",
  "socketDir",
];

const FIELDS = [...Object.keys(READERS), ...ELSEWHERE, ...Object.keys(FIXED_KEYS), "multusConfigFile"];

/** Fills the draft from the thick daemon's configuration. Returns findings about its ConfigMap. */
export function readDaemon(situation: DaemonSituation): ImportFinding[] {
  const { mounts, configMaps, draft, findings, words } = situation;
  const file = readArguments(words, findings) ?? CONFIG_FILE;
  const source = mounts.configMapOf(file);
  const map = configMaps.find(({ metadata }) => metadata.name === source?.name);
  const text = source && map?.data[source.key];
  if (text === undefined) {
    findings.corrected("volumes", `no ConfigMap contains ${file}: the daemon does not start without it`);
    return [];
  }
  const about = new Findings(`ConfigMap ${map?.metadata.namespace ?? "default"}/${map?.metadata.name}`);
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    config = undefined;
  }
  if (!isObject(config)) {
    about.corrected(`data.${source?.key}`, "is not a valid JSON object: the daemon does not start with it");
    return about.list;
  }
  const entries = withFieldNames(config, FIELDS);
  readMissing(entries, draft, about);
  readDirectories(entries, situation, about);
  for (const [key, value] of Object.entries(entries))
    if (key !== "delegates") readKey(key, value, situation, about);
  readCertDir(entries.perNodeCertificate, draft, mounts, about);
  readDelegates(entries, draft, about);
  return about.list;
}

/** Keys without which the daemon runs in another way than with what the operator writes (pkg/logging, cmd/multus-daemon). */
function readMissing({ logLevel, cniVersion }: Record<string, unknown>, draft: Draft, findings: Findings) {
  if (logLevel === undefined || logLevel === "") draft.logging.level = "panic";
  if (cniVersion === undefined || cniVersion === "")
    findings.corrected(
      "daemon-config.json cniVersion",
      "is missing: the daemon exits without it; it becomes 0.3.1",
    );
}

/** The daemon exits without a certDir (PerNodeCertificate of pkg/server). */
function readCertDir(value: unknown, { directories }: Draft, mounts: Mounts, findings: Findings): void {
  if (!isObject(value) || value.enabled !== true) return;
  const { certDir } = value;
  const key = "perNodeCertificate.certDir";
  const inside = typeof certDir === "string" ? certDir : "";
  if (inside === "") {
    findings.corrected(
      `daemon-config.json ${key}`,
      `is missing: the daemon exits without it; it is ${FIXED_KEYS[key]}`,
    );
    return;
  }
  if (directories && mounts.hostPathOf(trim(inside)) === `${directories.confDir}/${CERTIFICATES}`) return;
  findings.lost(
    `daemon-config.json ${key}`,
    `no field sets it: ${FIXED_KEYS[key]} (it is ${show(inside)}); each daemon requests a new certificate`,
  );
}

/** With an empty clusterNetwork the daemon takes `delegates` for the primary network, in place of the node's file. */
function readDelegates(
  { clusterNetwork, delegates }: Record<string, unknown>,
  draft: Draft,
  findings: Findings,
): void {
  if (delegates === undefined) return;
  const at = "daemon-config.json delegates";
  const [first, ...further] = Array.isArray(delegates) ? delegates : [];
  if (clusterNetwork !== "" || !isObject(first)) {
    findings.note(at, "the daemon reads it only with an empty clusterNetwork; it is not imported");
    return;
  }
  if (further.length > 0) findings.lost(at, `only the first of ${further.length + 1} is imported`);
  const { file: _, ...primaryNetwork } = draft.primaryNetwork;
  const config = JSON.stringify(asConflist(first), null, 2);
  draft.primaryNetwork = { ...primaryNetwork, source: "Inline", config };
}

function readKey(key: string, value: unknown, { draft, mounts }: Situation, findings: Findings): void {
  const at = `daemon-config.json ${key}`;
  const reader = READERS[key];
  if (reader) reader(value, draft, mounts);
  else if (key === "multusConfigFile") {
    if (value !== "auto")
      findings.corrected(
        at,
        `with a path the daemon exits and restarts indefinitely (multus-cni #1366); the operator writes auto`,
      );
  } else if (!ELSEWHERE.includes(key)) {
    const why = FIXED_KEYS[key];
    if (why === undefined) findings.note(at, "the daemon does not know it; it is not imported");
    else if (value !== false && value !== "")
      findings.lost(at, `no field sets it: ${why} (it is ${show(value)})`);
  }
}
