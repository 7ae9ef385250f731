import { isDeepStrictEqual } from "node:util";
import { show } from "../cni/finding.ts";
import {
  DEFAULT_WHEREABOUTS,
  WHEREABOUTS_RELEASES,
  whereabouts,
} from "../crds/multus-install/whereabouts.ts";
import { POOL_DEFINITIONS } from "../render/definitions.ts";
import { WHEREABOUTS, WHEREABOUTS_CONFIG, WHEREABOUTS_ROLE } from "../render/whereabouts-names.ts";
import type { Draft } from "./draft.ts";
import { Findings, type ImportFinding } from "./finding.ts";
import { parseImage } from "./manifest/image-reference.ts";
import type { Manifest } from "./manifest/manifest.ts";
import { type ConfigMap, type DaemonSet, daemonSet } from "./manifest/objects.ts";
import { pullPolicyOf } from "./pod/image.ts";

/** Upstream's image, which follows from the version. */
const UPSTREAM = { registry: "ghcr.io", repository: "k8snetworkplumbingwg/whereabouts" };
const NAMES: readonly string[] = [WHEREABOUTS, WHEREABOUTS_ROLE, ...POOL_DEFINITIONS];

/**
 * Fills spec.whereabouts if a manifest has whereabouts, with upstream's names, next to Multus. Returns the objects that are not of
 * it, and what could not be carried over.
 */
export function readWhereabouts(
  { others, configMaps }: Manifest,
  draft: Draft,
): { others: Manifest["others"]; findings: ImportFinding[] } {
  const found = others.find(({ kind, name }) => kind === "DaemonSet" && name === WHEREABOUTS);
  if (!found) return { others, findings: [] };
  const object = daemonSet.parse(found.object);
  const { namespace = "kube-system" } = object.metadata;
  const findings = new Findings(`DaemonSet ${namespace}/${WHEREABOUTS}`);
  if (namespace !== draft.namespace) {
    findings.lost(
      "metadata.namespace",
      `is another than that of Multus, ${draft.namespace}; it is not imported`,
    );
    return { others: others.filter((other) => other !== found), findings: findings.list };
  }
  draft.whereabouts = { enabled: true, ...imageOf(object, findings), ...scheduleOf(configMaps) };
  readPod(object, draft, findings);
  return { others: others.filter(({ name }) => !NAMES.includes(name)), findings: findings.list };
}

function imageOf({ spec }: DaemonSet, findings: Findings): Partial<NonNullable<Draft["whereabouts"]>> {
  const { containers, imagePullSecrets } = spec.template.spec;
  const [container] = containers;
  const parsed = parseImage(container?.image ?? "");
  const { tag = "latest", registry, repository, digest } = parsed;
  const version = WHEREABOUTS_RELEASES.find((release) => release === tag);
  if (version === undefined)
    findings.note(
      "image",
      `the tag ${show(tag)} is not a release that the operator knows: ${DEFAULT_WHEREABOUTS} is assumed; set the right release in spec.whereabouts.version`,
    );
  const pullPolicy = pullPolicyOf(container?.imagePullPolicy, parsed);
  const image = {
    ...(registry === UPSTREAM.registry ? {} : { registry }),
    ...(repository === UPSTREAM.repository ? {} : { repository }),
    ...(digest === undefined ? (version === undefined ? { tag } : {}) : { digest }),
    ...(pullPolicy === "IfNotPresent" ? {} : { pullPolicy: pullPolicy as "Always" }),
    ...(imagePullSecrets.length > 0 ? { pullSecrets: imagePullSecrets.map(({ name }) => name) } : {}),
  };
  return { ...(version ? { version } : {}), ...(Object.keys(image).length > 0 ? { image } : {}) };
}

function scheduleOf(configMaps: readonly ConfigMap[]): { reconcilerSchedule?: string } {
  const { name, key } = WHEREABOUTS_CONFIG;
  const written = configMaps.find(({ metadata }) => metadata.name === name)?.data[key]?.trim();
  const usual = whereabouts.parse({}).reconcilerSchedule;
  return written === undefined || written === usual ? {} : { reconcilerSchedule: written };
}

/** What the operator sets for whereabouts otherwise than a manifest may have it. */
function readPod({ spec }: DaemonSet, { workload }: Draft, findings: Findings): void {
  const { nodeSelector = {}, affinity, containers } = spec.template.spec;
  if (!isDeepStrictEqual(nodeSelector, workload.nodeSelector ?? {}))
    findings.lost("nodeSelector", "whereabouts runs on the nodes of Multus, by spec.workload.nodeSelector");
  if (!isDeepStrictEqual(affinity, workload.affinity))
    findings.lost("affinity", "whereabouts runs on the nodes of Multus, by spec.workload.affinity");
  if (containers.some(({ resources }) => resources?.limits !== undefined))
    findings.changed("resources.limits", "the operator sets no limits for whereabouts");
}
