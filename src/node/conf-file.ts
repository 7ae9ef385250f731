/** One file of the CNI configuration directory, as far as its place in the order matters. */
export interface ConfFile {
  name: string;
  networkName?: string;
  pluginTypes?: string[];
  /** As it is written; absent if there is none, which is 0.1.0. */
  cniVersion?: string;
  /** Multus wrote it, or it calls Multus. */
  isMultus: boolean;
}

/** What v3's entrypoint wrote over its configuration when it ended with --cleanup-config-on-exit. */
const INVALIDATED = "Multus configuration intentionally invalidated";
const MULTUS_TYPES = ["multus", "multus-shim"];

/** libcni's ConfFiles: containerd and CRI-O look for these. */
export const isConfName = (name: string) => /\.(conf|conflist|json)$/.test(name);
/**
 * The names under which the entrypoints and the daemon write (multus-cni, thin_entrypoint and pkg/server/config),
 * and that of the guard while one Multus is replaced by another (docs/adr/0007).
 */
const MULTUS_CONF = /^00-multus\.conf(list|list-guard\.conf)?$/;
export const isMultusConfName = (name: string) => MULTUS_CONF.test(name);
/** What an entrypoint that was killed while it wrote leaves: `….new`, and `….temp` with a random number. */
export const isMultusTemporary = (name: string) =>
  /^00-multus\.conf(list|list-guard\.conf)?\.(new|temp[0-9]*)$/.test(name) ||
  /^(_multus|multus(-shim)?\.temp|passthru\.temp)[0-9]*$/.test(name);

/** Reads a configuration. `text` is undefined where it could not be read: nothing is known of it then. */
export function parseConfFile(name: string, text: string | undefined): ConfFile {
  if (text === undefined) return { name, isMultus: false };
  if (text.includes(INVALIDATED)) return { name, isMultus: true };
  const value = parse(text);
  if (value === undefined) return { name, isMultus: false };
  const plugins = Array.isArray(value.plugins) ? value.plugins : [value];
  const pluginTypes = plugins.slice(0, 16).flatMap((plugin: unknown) => {
    const type =
      typeof plugin === "object" && plugin !== null ? (plugin as { type?: unknown }).type : undefined;
    return typeof type === "string" ? [cut(type, 64)] : [];
  });
  return {
    name,
    ...(typeof value.name === "string" ? { networkName: cut(value.name, 253) } : {}),
    ...(pluginTypes.length > 0 ? { pluginTypes } : {}),
    ...(typeof value.cniVersion === "string" ? { cniVersion: cut(value.cniVersion, 16) } : {}),
    isMultus: pluginTypes.some((type) => MULTUS_TYPES.includes(type)),
  };
}

/** The names of the networks in a configuration of Multus that it delegates to; none of what cannot be read. */
export function delegateNames(text: string | undefined): string[] {
  const delegates = text === undefined ? undefined : parse(text)?.delegates;
  if (!Array.isArray(delegates)) return [];
  return delegates.slice(0, 16).flatMap((delegate: unknown) => {
    const name = (delegate as { name?: unknown } | null)?.name;
    return typeof name === "string" ? [cut(name, 253)] : [];
  });
}

/**
 * What Multus' auto mode picks: the first .conf or .conflist by name that is not Multus' own
 * (getMasterConfigPath of thin_entrypoint, findMasterPlugin of the daemon).
 */
export function primaryOf(files: readonly ConfFile[]): ConfFile | undefined {
  return files.find(
    ({ name, isMultus }) => /\.conf(list)?$/.test(name) && !name.startsWith("00-multus") && !isMultus,
  );
}

/** As Go's sort.Strings does: by bytes, not by a language's rules. */
export function byName(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** One line without control characters, of at most `most` characters: what is on a host is not to be trusted. */
export function cut(text: string, most: number): string {
  // Last, since the cut may go through a character.
  return text
    .replace(/\p{Cc}/gu, "?")
    .slice(0, most)
    .toWellFormed();
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
