import { compareReleases, parseRelease } from "../crds/multus-install/release.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/**
 * The three programs that a Multus image starts with: entrypoint.sh of v3 (a bash script), thin_entrypoint
 * of v4 and the daemon of v4. From v3.7 on the bash script has the newer flags.
 */
export type Flavour = "v3" | "v4-thin" | "v4-thick";

/**
 * The newest release whose manifests and sources the rendering follows, and up to which known-defects-table.ts was
 * filled in. A later one is rendered as this one, with a warning.
 */
export const NEWEST_RELEASE = "v4.3.1";

/** Every release of v3 since v3.4, by its tag. There will be no others. */
export const V3_RELEASES: readonly string[] = [
  ...["v3.4", "v3.4.1", "v3.4.2", "v3.6", "v3.7", "v3.7.1", "v3.7.2", "v3.8"],
  ...["v3.9", "v3.9.1", "v3.9.2", "v3.9.3"],
];

export function flavourOf(spec: Pick<MultusInstallSpec, "version" | "mode">): Flavour {
  if (parseRelease(spec.version).major === 3) return "v3";
  return spec.mode === "Thick" ? "v4-thick" : "v4-thin";
}

/** Where upstream published a release: v3 on Docker Hub under nfvpe, v3.7 and later on GitHub's registry. */
export function upstreamImage(spec: Pick<MultusInstallSpec, "version" | "mode">): {
  registry: string;
  repository: string;
  tag: string;
} {
  if (compareReleases(spec.version, "v3.7") < 0)
    return { registry: "docker.io", repository: "nfvpe/multus", tag: spec.version };
  return {
    registry: "ghcr.io",
    repository: "k8snetworkplumbingwg/multus-cni",
    tag: spec.mode === "Thick" ? `${spec.version}-thick` : spec.version,
  };
}

/** The image reference of both containers; the shim and the daemon must be of one release, so there is one. */
export function imageReference(spec: MultusInstallSpec): string {
  const upstream = upstreamImage(spec);
  const {
    registry = upstream.registry,
    repository = upstream.repository,
    tag = upstream.tag,
    digest,
  } = spec.image;
  return `${registry}/${repository}${digest ? `@${digest}` : `:${tag}`}`;
}

/** Tags that upstream moves: what runs on a node then depends on when it pulled (multus-cni #1065, #1170). */
const MOVING_TAGS = [
  "latest",
  "stable",
  "snapshot",
  "latest-thick",
  "stable-thick",
  "snapshot-thick",
  "thick",
];

export function isMovingTag(spec: MultusInstallSpec): boolean {
  return spec.image.digest === undefined && MOVING_TAGS.includes(spec.image.tag ?? "");
}
