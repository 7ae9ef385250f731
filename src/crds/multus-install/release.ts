/** The numbers of a Multus release. */
export interface Release {
  major: number;
  minor: number;
  patch: number;
}

/** @param version as the schema lets it through: v3.4, v4.3.0 */
export function parseRelease(version: string): Release {
  const [major = 0, minor = 0, patch = 0] = version.slice(1).split(".").map(Number);
  return { major, minor, patch };
}

/** Negative if `a` is earlier than `b`, 0 if they are one release. v3.4 counts as v3.4.0. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [parseRelease(a), parseRelease(b)];
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch;
}
