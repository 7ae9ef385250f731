import { z } from "zod";
import { NETWORK_STATUS, NETWORKS_STATUS } from "../pod-request/network-status.ts";

/** Milliseconds since 1970; NaN if that is not known. */
const time = z.string().transform((text) => Date.parse(text));
/** An entry of managedFields. Of what it owns, only the annotation is read that is asked for. */
const write = z
  .object({
    manager: z.string().default(""),
    subresource: z.string().default(""),
    time: time.default(Number.NaN),
    fieldsV1: z.unknown(),
  })
  .catch({ manager: "", subresource: "", time: Number.NaN, fieldsV1: {} });
/** When a container that runs was started. */
const started = z
  .object({ state: z.object({ running: z.object({ startedAt: time }) }) })
  .transform(({ state }) => ({ startedAt: state.running.startedAt }))
  .catch({ startedAt: Number.NaN });

/** The fields of a pod that show who wrote its network-status, and when. An odd entry of a list loses no pod. */
export const podWithStatus = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(write).default([]),
  }),
  status: z
    .object({
      initContainerStatuses: z.array(started).default([]),
      containerStatuses: z.array(started).default([]),
    })
    .prefault({}),
});
export type PodWithStatus = z.output<typeof podWithStatus>;

export interface StatusWrite {
  /** Multus wrote it. */
  verified: boolean;
  /** Milliseconds since 1970 at which it was last written, or a later moment; undefined if neither is known. */
  attachedAt: number | undefined;
}

/**
 * The API server names a client's writes after its program unless the client names itself: the thin plugin is `multus`
 * (pkg/k8sclient of v3.4.2 and v4.3.0 sets no user agent), the thick one's daemon `multus-daemon`. Both use UpdateStatus.
 */
const MULTUS_MANAGERS = ["multus", "multus-daemon"];

/**
 * Who wrote the status annotation that counts, and when, by the pod's managed fields: Multus, if it is among the writers.
 * Whoever may patch pods/status can take its name, too; whoever may only create and edit pods writes no status subresource.
 * If no time is known, the networks were attached before the first container started.
 */
export function statusWriteOf({ metadata, status }: PodWithStatus): StatusWrite {
  const { annotations, managedFields } = metadata;
  const name = NETWORK_STATUS in annotations ? NETWORK_STATUS : NETWORKS_STATUS;
  const writes = managedFields.filter(({ fieldsV1 }) => owns(fieldsV1, `f:${name}`));
  const byMultus = writes.filter(
    ({ manager, subresource }) => subresource === "status" && MULTUS_MANAGERS.includes(manager),
  );
  const verified = byMultus.length > 0;
  const at =
    latest((verified ? byMultus : writes).map((one) => one.time)) ??
    earliest([...status.initContainerStatuses, ...status.containerStatuses].map((one) => one.startedAt));
  return { verified, attachedAt: at };
}

/**
 * When the newest container that runs was started, by its node's clock; ms since 1970. Undefined if there is none, or if
 * Multus has reported no networks of the pod.
 */
export function startedWithMultus(pod: PodWithStatus): number | undefined {
  const { initContainerStatuses, containerStatuses } = pod.status;
  const containers = [...initContainerStatuses, ...containerStatuses];
  return statusWriteOf(pod).verified ? latest(containers.map(({ startedAt }) => startedAt)) : undefined;
}

/** Whether it has the field below metadata.annotations. */
function owns(fieldsV1: unknown, field: string): boolean {
  const fields = fieldsV1 as { "f:metadata"?: { "f:annotations"?: unknown } | null } | null | undefined;
  const annotations = fields?.["f:metadata"]?.["f:annotations"];
  return typeof annotations === "object" && annotations !== null && field in annotations;
}

function latest(times: readonly number[]): number | undefined {
  const known = times.filter((one) => !Number.isNaN(one));
  return known.length === 0 ? undefined : Math.max(...known);
}

function earliest(times: readonly number[]): number | undefined {
  const known = times.filter((one) => !Number.isNaN(one));
  return known.length === 0 ? undefined : Math.min(...known);
}
