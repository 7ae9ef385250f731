import { z } from "zod";
import { type SandboxFailure, sandboxFailureOf } from "./sandbox-failure.ts";

export interface FailureView extends SandboxFailure {
  /** Of the pod. */
  uid: string;
  /** "namespace/name" of the pod. */
  pod: string;
  /** RFC 3339: when it last happened. */
  at: string;
  /** Whose kubelet says so; empty where the event does not tell. */
  node: string;
}

const event = z.object({
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  involvedObject: z.object({
    kind: z.string().default(""),
    namespace: z.string().default(""),
    name: z.string().default(""),
    uid: z.string().default(""),
  }),
  source: z.object({ host: z.string().default("") }).prefault({}),
});

/** Undefined where the event is none of a pod's sandbox. */
export function failureView(object: unknown): FailureView | undefined {
  const { reason, message, lastTimestamp, eventTime, involvedObject, source } = event.parse(object);
  const failure = involvedObject.kind === "Pod" ? sandboxFailureOf(reason, message) : undefined;
  if (!failure) return undefined;
  const { namespace, name, uid } = involvedObject;
  const at = lastTimestamp ?? eventTime ?? "";
  return { ...failure, uid, pod: `${namespace}/${name}`, at, node: source.host };
}

/** When the API server refused Multus' token, where that is why a sandbox could not be made; ms since 1970. */
export function refusalOf({ byMultus, message, at }: FailureView): number | undefined {
  const time = Date.parse(at);
  return byMultus && /\bUnauthorized\b/.test(message) && !Number.isNaN(time) ? time : undefined;
}
