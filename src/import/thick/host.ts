import { show } from "../../cni/finding.ts";
import { FIXED_KEYS } from "../../multus/daemon-config.ts";
import type { Findings } from "../finding.ts";
import { type Mounts, trim } from "../manifest/mounts.ts";
import type { Situation } from "../situation.ts";

/** What the daemon's container and its ConfigMap are read from and into. */
export interface DaemonSituation extends Situation {
  /** The container's command with its arguments. */
  words: readonly string[];
  /** Where the init container puts the shim, on the host. */
  installDirectory: string | undefined;
  /** CNI_PATH of the daemon's environment. */
  path: string | undefined;
}

/** The daemon's own defaults, of binDir and of socketDir. */
const DEFAULT_BIN_DIR = "/opt/cni/bin";
const SOCKET_DIR = "/run/multus";

/**
 * Fills the draft with the host's directories that the configuration names, and reports what the operator's pod has
 * at another place.
 *
 * @param config with the daemon's own spelling of the keys
 * @param about findings of the ConfigMap
 */
export function readDirectories(
  config: Record<string, unknown>,
  { draft, mounts, installDirectory, path }: DaemonSituation,
  about: Findings,
): void {
  const inside = (key: string, standard: string) => {
    const value = config[key];
    return typeof value === "string" && value !== "" ? value : standard;
  };
  const conf = mounts.hostPathOf(inside("cniConfigDir", "/etc/cni/net.d"));
  const primary = mounts.hostPathOf(inside("multusAutoconfigDir", "/etc/cni/net.d"));
  if (conf === undefined) {
    about.corrected("daemon-config.json cniConfigDir", "is not a host directory: nothing is mounted there");
    return;
  }
  if (primary !== conf)
    about.lost(
      "daemon-config.json multusAutoconfigDir",
      `the operator searches for the primary network in cni.confDir, ${show(conf)}, only`,
    );
  // Within a chroot of the host: the path is the host's, and it is searched before the installed plugins'.
  const named = typeof config.binDir === "string" && config.binDir !== "" ? trim(config.binDir) : undefined;
  const installed = installDirectory ?? named ?? DEFAULT_BIN_DIR;
  const searched = named ?? (installed === DEFAULT_BIN_DIR ? undefined : DEFAULT_BIN_DIR);
  draft.directories = { confDir: conf, binDir: installed, netnsDir: mounts.hostPathOf("/run/netns") };
  if (searched !== undefined && (searched !== installed || path !== undefined)) {
    draft.cni.additionalBinDir = searched;
    if (path !== installed)
      about.corrected(
        "daemon-config.json binDir",
        `the daemon searches for plugins in ${show(searched)} only, not in ${show(installed)}; the operator makes it search both`,
      );
  }
  mounts.hostPathOf(installed);
  const namespace = config.multusNamespace;
  if (namespace !== undefined && namespace !== draft.namespace)
    about.lost("daemon-config.json multusNamespace", `it follows spec.namespace (it is ${show(namespace)})`);
  readSocket(config.socketDir, mounts, about);
  readRoot(config.chrootDir, mounts, about);
}

/** The shim on the host waits for the daemon's socket in /run/multus. */
function readSocket(value: unknown, mounts: Mounts, about: Findings): void {
  const at = "daemon-config.json socketDir";
  const inside = trim(typeof value === "string" && value !== "" ? value : SOCKET_DIR);
  const outside = mounts.hostPathOf(inside);
  if (outside === undefined && [SOCKET_DIR, `/host${SOCKET_DIR}`].includes(inside))
    about.corrected(
      at,
      `${show(inside)} is not a host directory: the shim on the host does not reach the daemon, and every new pod fails`,
    );
  else if (outside !== SOCKET_DIR) about.lost(at, `${FIXED_KEYS.socketDir} (it is ${show(inside)})`);
}

function readRoot(value: unknown, mounts: Mounts, about: Findings): void {
  const inside = typeof value === "string" ? value : "";
  if (inside !== "" && mounts.hostPathOf(inside) === "/") return;
  about.changed(
    "daemon-config.json chrootDir",
    `becomes /hostroot, where the host's root is mounted: with ${inside === "" ? "no chrootDir" : show(inside)} the daemon runs plugins in its own container`,
  );
}

/**
 * The file that the daemon's arguments name, if they name one. Reports all other flags: the daemon of v4 has none that
 * matters, and no field of a MultusInstall sets those of v3.9's, which had no configuration file.
 *
 * @param words the command with its arguments; Go reads flags up to the first word that is not one
 */
export function readArguments(words: readonly string[], findings: Findings): string | undefined {
  const first = words.findIndex((word) => word.startsWith("-"));
  let file: string | undefined;
  for (let i = first; i >= 0 && words[i]?.startsWith("-"); i += 1) {
    const word = words[i] ?? "";
    const value = /^--?config=(.*)$/s.exec(word)?.[1];
    if (value !== undefined) file = value;
    else if (/^--?config$/.test(word)) {
      i += 1;
      file = words[i];
    } else
      findings.corrected(
        `args ${word.split("=")[0]}`,
        `the daemon of v4 does not have this flag and exits; its settings are in daemon-config.json. It is not imported (it is ${show(word)})`,
      );
  }
  return file;
}
