import { z } from "zod";
import { NETWORK_STATUS, NETWORKS_STATUS } from "../pod-request/network-status.ts";

/** The fields of a pod that show who wrote its network-status, and when. An odd entry of a list loses no pod. */
export const podWithStatus = z.object({
  metadata: z.object({
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.unknown()).default([]),
  }),
  status: z
    .object({
      initContainerStatuses: z.array(z.unknown()).default([]),
      containerStatuses: z.array(z.unknown()).default([]),
    })
    .prefault({}),
});

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
const write = z.object({
  manager: z.string().default(""),
  subresource: z.string().default(""),
  time: z.string().default(""),
  fieldsV1: z.object({ "f:metadata": z.object({ "f:annotations": z.record(z.string(), z.unknown()) }) }),
});
const started = z.object({ state: z.object({ running: z.object({ startedAt: z.string() }) }) });

/**
 * Who wrote the status annotation that counts, and when, by the pod's managed fields: Multus, if it is among the writers.
 * Whoever may patch pods/status can take its name, too; whoever may only create and edit pods writes no status subresource.
 * If no time is known, the networks were attached before the first container started.
 */
export function statusWriteOf({ metadata, status }: z.output<typeof podWithStatus>): StatusWrite {
  const { annotations, managedFields } = metadata;
  const name = NETWORK_STATUS in annotations ? NETWORK_STATUS : NETWORKS_STATUS;
  const writes = managedFields.flatMap((field) => {
    const { data } = write.safeParse(field);
    return data && `f:${name}` in data.fieldsV1["f:metadata"]["f:annotations"] ? [data] : [];
  });
  const byMultus = writes.filter(
    ({ manager, subresource }) => subresource === "status" && MULTUS_MANAGERS.includes(manager),
  );
  const verified = byMultus.length > 0;
  const times = (verified ? byMultus : writes).map(({ time }) => time).filter((time) => time !== "");
  const at = Date.parse(times.toSorted().at(-1) ?? firstStartOf(status) ?? "");
  return { verified, attachedAt: Number.isNaN(at) ? undefined : at };
}

function firstStartOf(status: z.output<typeof podWithStatus>["status"]): string | undefined {
  const starts = [...status.initContainerStatuses, ...status.containerStatuses].flatMap((container) => {
    const { data } = started.safeParse(container);
    return data ? [data.state.running.startedAt] : [];
  });
  return starts.toSorted()[0];
}
