import type { FieldProblem } from "../crds/field-problem.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import {
  DEFAULT_WHEREABOUTS,
  type WHEREABOUTS_RELEASES,
  type Whereabouts,
} from "../crds/multus-install/whereabouts.ts";

type Release = (typeof WHEREABOUTS_RELEASES)[number];

/**
 * What is wrong with a release of whereabouts. From the scripts and sources of its tags, which differ in nothing else that
 * is rendered: the CRDs are the same from v0.8.0 to v0.9.4, and DaemonSet and scripts from v0.9.0 to v0.9.3.
 */
const DEFECTS: Record<Release, string | undefined> = {
  // `A || ! B && C` of token-watcher.sh means `(A || ! B) && C` to a shell: 7e5e0a7c of v0.9.3 has the brackets.
  "v0.9.0": tokenNotRenewed(),
  "v0.9.1": tokenNotRenewed(),
  "v0.9.2": tokenNotRenewed(),
  "v0.9.3": undefined,
};

function tokenNotRenewed(): string {
  return `does not renew the token in its kubeconfig on the nodes: pods get no address once it has expired, which is after a year with the API server's defaults. Fix: ${DEFAULT_WHEREABOUTS}`;
}

/** The spec's whereabouts, if the operator is to install it. */
export function enabledWhereabouts({ whereabouts }: MultusInstallSpec): Whereabouts | undefined {
  return whereabouts?.enabled ? whereabouts : undefined;
}

/** The reference of its image. */
export function whereaboutsImage({ version, image }: Whereabouts): string {
  const {
    registry = "ghcr.io",
    repository = "k8snetworkplumbingwg/whereabouts",
    tag = version,
    digest,
  } = image;
  return `${registry}/${repository}${digest ? `@${digest}` : `:${tag}`}`;
}

/** The known defect of a release, as a warning; undefined if there is none. */
export function whereaboutsDefect({ version }: Whereabouts): FieldProblem | undefined {
  const defect = DEFECTS[version];
  return defect === undefined
    ? undefined
    : {
        path: "spec.whereabouts.version",
        code: "KNOWN_DEFECT",
        message: `${version} has a known defect: it ${defect}`,
      };
}

/** Where the plugin looks for its configuration, if a network does not name it (GetFlatIPAM of pkg/config). */
export const SEARCHED_DIRECTORIES: readonly string[] = ["/etc/kubernetes/cni/net.d", "/etc/cni/net.d"];

/** What whereabouts has on a node, in the configuration directory and in the plugin directory (script/lib.sh). */
export const WHEREABOUTS_DIRECTORY = "whereabouts.d";
export const WHEREABOUTS_PROGRAM = "whereabouts";
/** v0.9.4 and later write the last one. */
export const WHEREABOUTS_FILES: readonly string[] = [
  "whereabouts.conf",
  "whereabouts.kubeconfig",
  "nodename",
];
