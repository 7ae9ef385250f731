import { z } from "zod";
import { type SandboxFailure, sandboxFailureOf } from "./sandbox-failure.ts";

export interface FailureView extends SandboxFailure {
  /** Of the pod. */
  uid: string;
  /** "namespace/name" of the pod. */
  pod: string;
  /** RFC 3339: when it last happened. */
  at: string;
  /** The node whose kubelet reports it; empty if the event names none. */
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

/** Undefined if the event is not about a pod's sandbox. */
export function failureView(object: unknown): FailureView | undefined {
  const { reason, message, lastTimestamp, eventTime, involvedObject, source } = event.parse(object);
  const failure = involvedObject.kind === "Pod" ? sandboxFailureOf(reason, message) : undefined;
  if (!failure) return undefined;
  const { namespace, name, uid } = involvedObject;
  const at = lastTimestamp ?? eventTime ?? "";
  return { ...failure, uid, pod: `${namespace}/${name}`, at, node: source.host };
}

/** The bytes that are kept of it, roughly: its texts, and its places in maps. */
export function bytesOf({ message, network = "", uid, pod, node }: FailureView): number {
  return 512 + message.length + network.length + uid.length + pod.length + node.length;
}

/**
 * When the API server rejected Multus' own token, if that is why a sandbox could not be made; ms since 1970. A plugin
 * that Multus had called (whereabouts: "error at storage engine: Unauthorized") uses credentials of its own.
 */
export function rejectionOf({ byMultus, network, message, at }: FailureView): number | undefined {
  const time = Date.parse(at);
  const isOwn = byMultus && network === undefined;
  return isOwn && /\bUnauthorized\b/.test(message) && !Number.isNaN(time) ? time : undefined;
}
