import { formatPath, type Path, show } from "../../cni/finding.ts";
import { firstOf } from "../../crds/listed.ts";

/** A configuration that a NAD had, as the operator saw it. */
export interface ConfigVersion {
  /** RFC 3339, to the second: when it came to be. */
  since: string;
  /** metadata.generation: it counts changes of the spec alone. */
  generation: number;
  /** Fingerprint of the text. */
  hash: string;
  /** The text; absent where it is too long to keep. */
  config?: string | undefined;
}

/** How a NAD differs from what a pod was attached with. */
export interface ConfigChange {
  /** When the newest configuration came to be. */
  at: string;
  /** `mtu: 1500 → 1400`, at most a handful; empty if the previous text is not known. */
  differences: readonly string[];
}

const MAX_DIFFERENCES = 8;
const DEEPEST = 8;
/** Values looked at on either side: the text may be a hostile tenant's. */
const MAX_VALUES = 500;

/**
 * What changed of a NAD since a pod was attached at that time (ms since 1970), by the versions seen, oldest first; undefined
 * where nothing did, or if that is not known: a version of the same second, or one from before the
 * first that was seen.
 */
export function changeSince(
  versions: readonly ConfigVersion[],
  attachedAt: number,
): ConfigChange | undefined {
  const newest = versions.at(-1);
  if (!newest || Date.parse(newest.since) <= attachedAt) return undefined;
  const then = versions.findLast(({ since }) => Date.parse(since) <= attachedAt);
  // A first generation later than the pod is a NAD that was recreated, perhaps with the same content.
  if (!then) return newest.generation > 1 ? { at: newest.since, differences: [] } : undefined;
  if (then.hash === newest.hash) return undefined;
  if (then.config === undefined || newest.config === undefined) return { at: newest.since, differences: [] };
  const differences = differencesOf(then.config, newest.config);
  // Another text with the same content: spaces, the order of keys.
  return differences.length > 0 ? { at: newest.since, differences } : undefined;
}

/** The values that differ between two configurations, as `path: before → after`. Empty if both mean the same. */
export function differencesOf(before: string, after: string): string[] {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  if (!old || !now) return before === after ? [] : ["the whole text"];
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => old.get(path) !== now.get(path),
  );
  const texts = paths.map((path) => `${path}: ${old.get(path) ?? "absent"} → ${now.get(path) ?? "absent"}`);
  return firstOf(texts, MAX_DIFFERENCES);
}

/** Each value with its path. Undefined if the text is not JSON. */
function valuesOf(text: string): Map<string, string> | undefined {
  let root: unknown;
  try {
    root = text === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
  const values = new Map<string, string>();
  const visit = (value: unknown, path: Path): void => {
    if (values.size >= MAX_VALUES) return;
    const isBranch = typeof value === "object" && value !== null && path.length < DEEPEST;
    const children = isBranch ? Object.entries(value) : [];
    if (children.length === 0) values.set(formatPath(path) || "the whole", show(value));
    for (const [key, child] of children) visit(child, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  visit(root, []);
  return values;
}
