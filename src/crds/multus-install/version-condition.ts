import { parseRelease } from "./release.ts";

/** A condition on the spec's version, for the API server (CEL) and for offline use. */
export interface VersionCondition {
  cel: string;
  holds: (spec: { version: string }) => boolean;
}

export const IS_V3: VersionCondition = {
  cel: "self.version.startsWith('v3.')",
  holds: ({ version }) => version.startsWith("v3."),
};

/**
 * The version is earlier than the release and has its major version: v3.4 is not `before("v4.1.0")`, since separate
 * rules cover what v3 lacks.
 * @param release with numbers up to 9; v3.7 counts as v3.7.0
 */
export function before(release: string): VersionCondition {
  const { major, minor, patch } = parseRelease(release);
  const earlier = [
    ...(minor > 0 ? [`${below(minor)}(\\.|$)`] : []),
    ...(patch > 0 ? [`0?${minor}(\\.${below(patch)})?$`] : []),
  ];
  const pattern = `^v${major}\\.(${earlier.join("|")})`;
  const expression = new RegExp(pattern);
  return {
    cel: `self.version.matches('${pattern.replaceAll("\\", "\\\\")}')`,
    holds: ({ version }) => expression.test(version),
  };
}

/** A pattern of the numbers below `limit`; the schema admits a leading zero. */
function below(limit: number): string {
  return limit === 1 ? "0?0" : `0?[0-${limit - 1}]`;
}
