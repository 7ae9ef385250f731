import { checkConflist } from "../cni/check-conflist.ts";
import type { FieldProblem } from "../crds/field-problem.ts";
import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { inlineVersion } from "../multus/inline-config.ts";
import { type Conflist, parseConflist } from "../multus/primary-network.ts";
import { imageReference } from "../multus/releases.ts";
import { access } from "./access.ts";
import { rejections, warningsOf } from "./checks.ts";
import { configuration } from "./configuration.ts";
import { networkDefinition } from "./definition.ts";
import { RenderError } from "./errors.ts";
import { whereaboutsObjects } from "./whereabouts.ts";
import { whereaboutsRejections, whereaboutsWarnings } from "./whereabouts-checks.ts";
import { workloads } from "./workload.ts";

export interface RenderedInstall {
  /** In the order in which they are applied: definition, access, configuration, workloads; then whereabouts. */
  objects: KubeObject[];
  /** What works and is probably not intended. */
  warnings: FieldProblem[];
  image: string;
}

/**
 * The Kubernetes objects of an install. A pure function: the same install gives the same bytes. Throws a
 * RenderError where the spec is one that Multus would crash on.
 */
export function renderInstall(install: MultusInstall): RenderedInstall {
  const { spec } = install;
  const { inline, warnings, problems } = inlineConflist(install);
  const rejected = [...problems, ...rejections(install.spec), ...whereaboutsRejections(install.spec)];
  if (rejected.length > 0) throw new RenderError(rejected);
  const config = configuration(install, inline);
  return {
    objects: [
      networkDefinition(install),
      ...access(install),
      ...config,
      ...workloads(install, config[0]),
      ...whereaboutsObjects(install),
    ],
    warnings: [...warnings, ...warningsOf(install.spec), ...whereaboutsWarnings(install.spec)],
    image: imageReference(spec),
  };
}

function inlineConflist(install: MultusInstall): {
  inline?: Conflist;
  warnings: FieldProblem[];
  problems: FieldProblem[];
} {
  const { config } = install.spec.primaryNetwork;
  if (config === undefined) return { warnings: [], problems: [] };
  const parsed = parseConflist(config);
  if (!parsed.ok) return { warnings: [], problems: parsed.problems };
  // As it reaches the node (inlineConfig): with the version of the whole if it has none.
  const delegate = { cniVersion: inlineVersion(install.spec), ...parsed.conflist };
  const findings = checkConflist(delegate).map(({ severity, path, code, message }) => ({
    severity,
    problem: { path: "spec.primaryNetwork.config", code, message: `${path} ${message}` },
  }));
  const of = (wanted: "error" | "warning") =>
    findings.filter(({ severity }) => severity === wanted).map(({ problem }) => problem);
  return { inline: parsed.conflist, warnings: [...parsed.warnings, ...of("warning")], problems: of("error") };
}
