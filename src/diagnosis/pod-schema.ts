import { z } from "zod";

/**
 * The fields of a pod of Multus or of a node task, as the API server writes them: an absent field has its zero value.
 * src/networks/pod-view has its own schema of pods that request networks, of which there can be 100,000: it reads less.
 */

const terminated = z.object({
  reason: z.string().default(""),
  exitCode: z.number().int().default(0),
  message: z.string().default(""),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
});

const containerStatus = z.object({
  name: z.string().default(""),
  ready: z.boolean().default(false),
  image: z.string().default(""),
  restartCount: z.number().int().nonnegative().default(0),
  state: z
    .object({
      waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
      running: z.object({ startedAt: z.string().default("") }).optional(),
      terminated: terminated.optional(),
    })
    .prefault({}),
  lastState: z.object({ terminated: terminated.optional() }).prefault({}),
});

const containerSpec = z.object({
  name: z.string(),
  command: z.array(z.string()).default([]),
  resources: z.object({ limits: z.object({ memory: z.string().optional() }).prefault({}) }).prefault({}),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTransitionTime: z.string().optional(),
});

export const pod = z.object({
  metadata: z.object({
    name: z.string().default(""),
    namespace: z.string().default(""),
    uid: z.string().default(""),
    creationTimestamp: z.string().default(""),
    deletionTimestamp: z.string().optional(),
    deletionGracePeriodSeconds: z.number().optional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
    ownerReferences: z
      .array(
        z.object({
          kind: z.string(),
          name: z.string(),
          uid: z.string().default(""),
          controller: z.boolean().default(false),
        }),
      )
      .default([]),
  }),
  spec: z
    .object({
      nodeName: z.string().default(""),
      initContainers: z.array(containerSpec).default([]),
      containers: z.array(containerSpec).default([]),
      imagePullSecrets: z.array(z.object({ name: z.string().default("") })).default([]),
    })
    .prefault({}),
  status: z
    .object({
      phase: z.string().default("Pending"),
      reason: z.string().default(""),
      message: z.string().default(""),
      conditions: z.array(condition).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .prefault({}),
});

export type Pod = z.output<typeof pod>;
export type Terminated = z.output<typeof terminated>;
export type ContainerStatus = z.output<typeof containerStatus>;
