import { isObject } from "../cni/section.ts";
import { NETWORKS } from "../networks/pod-request/request.ts";
import { podsOf } from "../networks/request-checks/pod-count.ts";
import type { ObjectFinding } from "./finding.ts";
import { checkMetadata } from "./metadata.ts";
import { annotationOf, type SeenObject } from "./object.ts";
import { checkPod, type PodPart, type Surroundings } from "./pod.ts";

/** Where the kinds that make pods hold their pod template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ["template"],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** A pod, or an object that makes pods. Undefined for what is neither, as far as can be known. */
export function checkWorkload(object: SeenObject, around: Surroundings): ObjectFinding[] | undefined {
  const known = Object.hasOwn(TEMPLATES, object.kind);
  // Others (a Rollout, a Service of Knative) have theirs mostly where a Deployment has it.
  const at = (known ? TEMPLATES[object.kind] : undefined) ?? ["spec", "template"];
  const part = partAt(object.value, at);
  if (!known && annotationOf(part.metadata, NETWORKS) === undefined) return undefined;
  const findings = checkPod(
    { ...part, pods: podsOf(object.kind, object.value) },
    object.namespace || "default",
    around,
  );
  if (at.length > 0) findings.push(...checkMetadata(part.metadata, part.at));
  if (at.length > 0 && annotationOf(object.value.metadata, NETWORKS) !== undefined)
    findings.push({
      path: `metadata.annotations["${NETWORKS}"]`,
      severity: "warning",
      code: "IGNORED",
      message: `is ignored here: pods get the annotations of ${at.join(".")}.metadata`,
      at: ["metadata", "annotations", NETWORKS],
    });
  return findings;
}

function partAt(value: unknown, at: readonly string[]): PodPart {
  let part = value;
  for (const key of at) part = isObject(part) ? part[key] : undefined;
  const { metadata, spec } = isObject(part) ? part : {};
  return { metadata, spec, at: [...at, "metadata"] };
}
