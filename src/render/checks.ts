import { CNI_VERSIONS, isAtLeast as reads } from "../cni/context.ts";
import { newestCniVersion } from "../cni/spoken-version.ts";
import type { FieldProblem } from "../crds/field-problem.ts";
import { compareReleases, parseRelease } from "../crds/multus-install/release.ts";
import { entrypointOf, type MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hostPaths } from "../multus/distributions.ts";
import { defectsOf, fixOf, issuesOf } from "../multus/known-defects.ts";
import { ENOUGH_MEMORY, isLowMemory } from "../multus/memory.ts";
import { parseConflist, presetProblem, presetWarning } from "../multus/primary-network.ts";
import { flavourOf, isMovingTag, NEWEST_RELEASE, V3_RELEASES } from "../multus/releases.ts";

type Check = (spec: MultusInstallSpec) => FieldProblem | undefined;

/** What Multus would not start with, or what would leave nodes without a network. */
export function rejections(spec: MultusInstallSpec): FieldProblem[] {
  return run(REJECTIONS, spec);
}

/** What works and is probably not intended. */
export function warningsOf(spec: MultusInstallSpec): FieldProblem[] {
  return [...knownDefects(spec), ...run(WARNINGS, spec)];
}

/** What is wrong with the release itself, as far as the spec exposes the install to it. */
function knownDefects(spec: MultusInstallSpec): FieldProblem[] {
  return defectsOf(spec).map((defect) => ({
    path: "spec.version",
    code: "KNOWN_DEFECT",
    message: `${spec.version} in mode ${spec.mode} has a known defect ${defect.condition}: ${defect.consequence}. Fix: ${fixOf(defect)} (${issuesOf(defect)})`,
  }));
}

const run = (checks: readonly Check[], spec: MultusInstallSpec) =>
  checks.map((check) => check(spec)).filter((problem) => problem !== undefined);

const REJECTIONS: readonly Check[] = [
  /** The daemon looks for the file inside its own container, where of the host's files only confDir is. */
  (spec) => {
    const { readinessFile } = spec.primaryNetwork;
    const { confDir } = hostPaths(spec);
    if (spec.mode !== "Thick" || readinessFile === undefined || readinessFile.startsWith(`${confDir}/`))
      return undefined;
    return {
      path: "spec.primaryNetwork.readinessFile",
      code: "UNREACHABLE_FILE",
      message: `must be in ${confDir} with mode: Thick: the daemon does not see other files of the host (it is ${readinessFile})`,
    };
  },
  /** The libcni of the release fails a delegate of a newer version; unknown ones the conflist's check rejects. */
  ({ version, primaryNetwork: { config } }) => {
    const newest = newestCniVersion(version);
    if (config === undefined || newest === undefined) return undefined;
    const parsed = parseConflist(config);
    const found = parsed.ok ? String(parsed.conflist.cniVersion ?? "") : "";
    if (!CNI_VERSIONS.includes(found) || reads(newest, found)) return undefined;
    return {
      path: "spec.primaryNetwork.config",
      code: "CNI_VERSION_TOO_NEW",
      message: `cniVersion must be ${newest} or earlier with Multus ${version} (it is ${found})`,
    };
  },
  ({ primaryNetwork: { preset } }) => {
    const message = preset && presetProblem(preset);
    return message ? { path: "spec.primaryNetwork.preset", code: "NOT_INLINE", message } : undefined;
  },
];

/** What to set if a version is not a release; undefined if it may be one. v3 has tags of two numbers, v4 has none. */
function releaseInstead(version: string): string | undefined {
  if (parseRelease(version).major === 3)
    return V3_RELEASES.includes(version) ? undefined : `one of ${V3_RELEASES.join(", ")}`;
  return version.split(".").length < 3 ? `${version}.0` : undefined;
}

const WARNINGS: readonly Check[] = [
  (spec) =>
    isMovingTag(spec)
      ? {
          path: "spec.image.tag",
          code: "MOVING_TAG",
          message: `${spec.image.tag} moves: nodes may run different releases; set a release or a digest`,
        }
      : undefined,
  ({ version }) =>
    compareReleases(version, NEWEST_RELEASE) > 0
      ? {
          path: "spec.version",
          code: "NEWER_RELEASE",
          message: `${version} is later than ${NEWEST_RELEASE}, the newest release that this operator knows: it is rendered like ${NEWEST_RELEASE}, and its defects are not known; compare its manifests, or upgrade the operator`,
        }
      : undefined,
  ({ version, image }) => {
    const fix = (image.tag ?? image.digest) ? undefined : releaseInstead(version);
    return fix === undefined
      ? undefined
      : {
          path: "spec.version",
          code: "UNKNOWN_RELEASE",
          message: `${version} is not a release of Multus, and the image's tag is derived from it; set ${fix}, or set image.tag`,
        };
  },
  (spec) =>
    flavourOf(spec) === "v4-thin" && spec.primaryNetwork.source === "Inline"
      ? {
          path: "spec.primaryNetwork.source",
          code: "TOKEN_NOT_RENEWED",
          message:
            "with Inline the thin plugin does not renew its kubeconfig's token (multus-cni #852); prefer Auto or File",
        }
      : undefined,
  (spec) =>
    flavourOf(spec) === "v4-thin" && entrypointOf(spec).refreshKubeconfig === false
      ? {
          path: "spec.entrypoint.refreshKubeconfig",
          code: "TOKEN_NOT_RENEWED",
          message: "pods fail once the kubeconfig's token has expired (multus-cni #852)",
        }
      : undefined,
  /** Only the entrypoint of v4 with the flag, and the daemon, take their configuration along when they end. */
  (spec) =>
    spec.uninstall.nodes === "Leave" &&
    (flavourOf(spec) === "v3" || (flavourOf(spec) === "v4-thin" && !entrypointOf(spec).refreshKubeconfig))
      ? {
          path: "spec.uninstall.nodes",
          code: "LEAVES_NODES_BROKEN",
          message:
            "with Leave, this Multus leaves 00-multus.conf on each node: after a deletion new pods fail there until it is removed by hand (docs/guides/uninstall.md)",
        }
      : undefined,
  /** createMultusConfig of cmd/thin_entrypoint ends when the two differ. */
  (spec) =>
    flavourOf(spec) === "v4-thin" && spec.cni.version && spec.primaryNetwork.source !== "Inline"
      ? {
          path: "spec.cni.version",
          code: "MUST_BE_THE_PRIMARY_NETWORKS",
          message: `the thin plugin does not start on a node whose primary network has another cniVersion than ${spec.cni.version}; remove the field to use the primary network's`,
        }
      : undefined,
  /** CheckVersionCompatibility of pkg/server/config: the daemon ends, and is started again forever. */
  (spec) =>
    flavourOf(spec) === "v4-thick" && spec.cni.version && !spec.cni.version.startsWith("0.3")
      ? {
          path: "spec.cni.version",
          code: "NEEDS_NEWER_PRIMARY_NETWORK",
          message: `the daemon does not start on a node whose primary network has a cniVersion below 0.4.0; remove ${spec.cni.version} unless the primary network on every node has a newer one`,
        }
      : undefined,
  ({ workload: { resources } }) => {
    const limit = resources?.limits?.memory;
    return limit !== undefined && isLowMemory(limit)
      ? {
          path: "spec.workload.resources.limits.memory",
          code: "LOW_MEMORY_LIMIT",
          message: `with ${limit}, Multus is OOM-killed when many pods start at once (multus-cni #1346); raise it to ${ENOUGH_MEMORY} or more, or remove it`,
        }
      : undefined;
  },
  /** Its manifest names another image for each (nfvpe/multus:latest-ppc64le). */
  ({ version, image, workload: { architectures = [] } }) =>
    compareReleases(version, "v3.7") < 0 &&
    image.repository === undefined &&
    image.tag === undefined &&
    image.digest === undefined &&
    architectures.some((architecture) => architecture !== "amd64")
      ? {
          path: "spec.workload.architectures",
          code: "ONE_ARCHITECTURE",
          message: `the upstream image of ${version} may contain amd64 only (its manifest names another image for ppc64le); set an image in spec.image that supports all of them`,
        }
      : undefined,
  /** entrypoint.sh calls `python` with a script of Python 2 (`print x`), which few images have. */
  (spec) =>
    flavourOf(spec) === "v3" && entrypointOf(spec).overrideNetworkName
      ? {
          path: "spec.entrypoint.overrideNetworkName",
          code: "NEEDS_PYTHON",
          message:
            "the entrypoint of v3 requires Python 2 in the image for this, as `python`; without it the pod exits at its start",
        }
      : undefined,
  ({ primaryNetwork: { preset } }) => {
    const message = preset && presetWarning(preset);
    return message ? { path: "spec.primaryNetwork.preset", code: "ONE_RANGE", message } : undefined;
  },
];
