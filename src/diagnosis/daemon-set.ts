import { z } from "zod";

const count = z.number().int().nonnegative().default(0);

const daemonSet = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), generation: count }),
  status: z
    .object({
      observedGeneration: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberAvailable: count,
      numberMisscheduled: count,
    })
    .prefault({}),
});

/** How far a DaemonSet's rollout is, in numbers of nodes. */
export interface DaemonSetView {
  name: string;
  namespace: string;
  /** False until the DaemonSet controller has seen the newest spec: its numbers then speak of an older one. */
  current: boolean;
  desired: number;
  updated: number;
  available: number;
}

/** Throws a ZodError if the object is not a DaemonSet: a server that answers so is not to be guessed at. */
export function daemonSetView(object: unknown): DaemonSetView {
  const { metadata, status } = daemonSet.parse(object);
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    current: status.observedGeneration >= metadata.generation,
    desired: status.desiredNumberScheduled,
    updated: status.updatedNumberScheduled,
    available: status.numberAvailable,
  };
}
