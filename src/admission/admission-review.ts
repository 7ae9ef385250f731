import { z } from "zod";
import { RESOURCE_NAME } from "../cni/plugins/device.ts";
import { podsOf } from "../networks/request-checks/pod-count.ts";
import type { Pod } from "./check-pod.ts";
import { bounded, type Findings } from "./findings.ts";
import type { AdmissionMode } from "./settings.ts";

/** The part of an AdmissionReview (admission.k8s.io/v1) that is looked at. */
const review = z.object({
  apiVersion: z.literal("admission.k8s.io/v1"),
  kind: z.literal("AdmissionReview"),
  request: z.object({
    uid: z.string().min(1).max(128),
    resource: z.object({ group: z.string(), resource: z.string() }),
    name: z.string().default(""),
    namespace: z.string().default(""),
    object: z.unknown(),
  }),
});

export type AdmissionRequest = z.output<typeof review>["request"];

export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
  warnings?: string[];
}

export type Verdict = "allowed" | "warned" | "denied";

/** Throws a ZodError if the value is no AdmissionReview with a request. */
export function parseReview(value: unknown): AdmissionRequest {
  return review.parse(value).request;
}

const networkObject = z.object({
  metadata: z
    .object({ name: z.string().default(""), annotations: z.record(z.string(), z.string()).nullish() })
    .prefault({}),
  spec: z.object({ config: z.unknown() }).nullish(),
});
const podObject = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).nullish() }).prefault({}),
  spec: z
    .object({
      hostNetwork: z.boolean().nullish(),
      containers: z.unknown().optional(),
      initContainers: z.unknown().optional(),
      resourceClaims: z.unknown().optional(),
    })
    .nullish(),
});

const workload = z.object({
  kind: z.string().default(""),
  spec: z.looseObject({
    template: z.unknown().optional(),
    jobTemplate: z.object({ spec: z.object({ template: z.unknown() }) }).optional(),
  }),
});

/** The name, the configuration and the device plugin's resource of a NAD. Throws a ZodError where the object is none. */
export function networkOf({ name, object }: AdmissionRequest) {
  const { metadata, spec } = networkObject.parse(object);
  const resourceName = metadata.annotations?.[RESOURCE_NAME];
  return { name: metadata.name || name, config: spec?.config, resourceName };
}

/** What of a pod admission looks at. Throws a ZodError where the object is none. */
export function podOf({ namespace, object }: AdmissionRequest): Pod {
  return podIn(namespace, podObject.parse(object));
}

/** The pod that a Deployment, Job or their like makes; of a CronJob the pod of its jobs. Throws a ZodError if there is none. */
export function podOfTemplate({ namespace, object }: AdmissionRequest): Pod {
  const { kind, spec } = workload.parse(object);
  const pod = podIn(namespace, podObject.parse(spec.jobTemplate?.spec.template ?? spec.template));
  return { ...pod, pods: podsOf(kind, { spec }) };
}

function podIn(namespace: string, { metadata, spec }: z.output<typeof podObject>): Pod {
  const { hostNetwork, containers, initContainers, resourceClaims } = spec ?? {};
  return {
    namespace,
    annotations: metadata.annotations ?? {},
    hostNetwork: hostNetwork ?? false,
    spec: { containers, initContainers, resourceClaims },
  };
}

/**
 * The answer by mode: in Deny a problem rejects the object, in Warn it is a warning like the others. What is
 * forbidden rejects it in both.
 */
export function respond(
  uid: string,
  { forbidden = [], problems, warnings }: Findings,
  mode: AdmissionMode,
): { response: AdmissionResponse; verdict: Verdict } {
  const rejected = mode === "Off" ? [] : [...forbidden, ...(mode === "Deny" ? problems : [])];
  if (rejected.length > 0) {
    const status = { code: 422, reason: "Invalid", message: bounded(rejected).join("; ") };
    const doubtful = mode === "Deny" ? warnings : [...problems, ...warnings];
    return { response: { uid, allowed: false, status, ...shown(doubtful) }, verdict: "denied" };
  }
  const told = mode === "Off" ? {} : shown([...problems, ...warnings]);
  return { response: { uid, allowed: true, ...told }, verdict: told.warnings ? "warned" : "allowed" };
}

function shown(sentences: readonly string[]): { warnings?: string[] } {
  return sentences.length > 0 ? { warnings: bounded(sentences) } : {};
}
