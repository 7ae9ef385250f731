import type { FieldProblem } from "../crds/field-problem.ts";
import { entrypointOf, type MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hostPaths } from "../multus/distributions.ts";
import { presetProblem, presetWarning } from "../multus/primary-network.ts";
import { flavourOf, isAtLeast, isMovingTag, parseRelease } from "../multus/releases.ts";

type Check = (spec: MultusInstallSpec) => FieldProblem | undefined;

/** What Multus would not start with, or what would leave nodes without a network. */
export function refusals(spec: MultusInstallSpec): FieldProblem[] {
  return run(REFUSALS, spec);
}

/** What works and is likely unintended. */
export function warningsOf(spec: MultusInstallSpec): FieldProblem[] {
  return run(WARNINGS, spec);
}

const run = (checks: readonly Check[], spec: MultusInstallSpec) =>
  checks.map((check) => check(spec)).filter((problem) => problem !== undefined);

const REFUSALS: readonly Check[] = [
  /** The daemon looks for the file inside its own container, where of the host's files only confDir is. */
  (spec) => {
    const { readinessFile } = spec.primaryNetwork;
    const { confDir } = hostPaths(spec);
    if (spec.mode !== "Thick" || readinessFile === undefined || readinessFile.startsWith(`${confDir}/`))
      return undefined;
    return {
      path: "spec.primaryNetwork.readinessFile",
      code: "UNREACHABLE_FILE",
      message: `must lie in ${confDir} for mode: Thick: the daemon sees no other files of the host (it is ${readinessFile})`,
    };
  },
  ({ primaryNetwork: { preset } }) => {
    const message = preset && presetProblem(preset);
    return message ? { path: "spec.primaryNetwork.preset", code: "NOT_INLINE", message } : undefined;
  },
];

const WARNINGS: readonly Check[] = [
  (spec) =>
    isMovingTag(spec)
      ? {
          path: "spec.image.tag",
          code: "MOVING_TAG",
          message: `${spec.image.tag} moves: nodes may run different releases; name a release or a digest`,
        }
      : undefined,
  /** v3 has releases of two numbers (v3.4, v3.9), v4 has none. */
  (spec) =>
    parseRelease(spec.version).major === 4 &&
    spec.version.split(".").length < 3 &&
    spec.image.tag === undefined &&
    spec.image.digest === undefined
      ? {
          path: "spec.version",
          code: "UNKNOWN_RELEASE",
          message: `${spec.version} names no release of v4, which have three numbers: the image's tag follows from it; write ${spec.version}.0, or set image.tag`,
        }
      : undefined,
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
  /** createMultusConfig of cmd/thin_entrypoint ends when the two differ. */
  (spec) =>
    flavourOf(spec) === "v4-thin" && spec.cni.version && spec.primaryNetwork.source !== "Inline"
      ? {
          path: "spec.cni.version",
          code: "MUST_BE_THE_PRIMARY_NETWORKS",
          message: `the thin plugin does not start on a node whose primary network has another cniVersion than ${spec.cni.version}; leave it out to follow the primary network`,
        }
      : undefined,
  /** Its manifest names another image for each (nfvpe/multus:latest-ppc64le). */
  ({ version, image, workload: { architectures = [] } }) =>
    !isAtLeast(parseRelease(version), 3, 7) &&
    image.repository === undefined &&
    image.tag === undefined &&
    image.digest === undefined &&
    architectures.some((architecture) => architecture !== "amd64")
      ? {
          path: "spec.workload.architectures",
          code: "ONE_ARCHITECTURE",
          message: `upstream's image of ${version} may hold amd64 only (its manifest names another for ppc64le); name one in spec.image that holds them all`,
        }
      : undefined,
  /** entrypoint.sh calls `python`, which an image built on a bare shell has not. */
  (spec) =>
    flavourOf(spec) === "v3" && entrypointOf(spec).overrideNetworkName
      ? {
          path: "spec.entrypoint.overrideNetworkName",
          code: "NEEDS_PYTHON",
          message:
            "the entrypoint of v3 needs python in the image for this; without it the pod ends at start",
        }
      : undefined,
  ({ primaryNetwork: { preset } }) => {
    const message = preset && presetWarning(preset);
    return message ? { path: "spec.primaryNetwork.preset", code: "ONE_RANGE", message } : undefined;
  },
];
