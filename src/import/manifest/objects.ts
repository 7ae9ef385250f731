import { z } from "zod";

const names = z.record(z.string(), z.string());
const anything = z.record(z.string(), z.unknown());

/** A text, also one that YAML reads as a number or a boolean because it is not in quotes. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const container = z.looseObject({
  name: z.string(),
  image: z.string().default(""),
  command: z.array(text).default([]),
  args: z.array(text).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: text.optional() })).default([]),
  imagePullPolicy: z.string().optional(),
  resources: anything.optional(),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
});
export type Container = z.output<typeof container>;

const volume = z.looseObject({
  name: z.string(),
  hostPath: z.looseObject({ path: z.string() }).optional(),
  configMap: z
    .looseObject({
      name: z.string(),
      items: z.array(z.looseObject({ key: z.string(), path: z.string() })).optional(),
    })
    .optional(),
});

const podSpec = z.looseObject({
  containers: z.array(container).min(1),
  initContainers: z.array(container).default([]),
  volumes: z.array(volume).default([]),
  nodeSelector: names.optional(),
  tolerations: z.array(anything).optional(),
  affinity: anything.optional(),
  priorityClassName: z.string().optional(),
  serviceAccountName: z.string().optional(),
  imagePullSecrets: z.array(z.looseObject({ name: z.string() })).default([]),
});
export type PodSpec = z.output<typeof podSpec>;

const metadata = z.looseObject({ name: z.string(), namespace: z.string().optional() });

export const daemonSet = z.looseObject({
  apiVersion: z.string().default("apps/v1"),
  kind: z.literal("DaemonSet"),
  metadata,
  spec: z.looseObject({
    selector: z.looseObject({ matchLabels: names.optional() }).optional(),
    updateStrategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z
          .looseObject({
            maxUnavailable: z.union([z.int(), z.string()]).optional(),
            maxSurge: z.union([z.int(), z.string()]).optional(),
          })
          .optional(),
      })
      .optional(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: names.optional(), annotations: names.optional() }).prefault({}),
      spec: podSpec,
    }),
  }),
});
export type DaemonSet = z.output<typeof daemonSet>;

export const configMap = z.looseObject({ kind: z.literal("ConfigMap"), metadata, data: names.default({}) });
export type ConfigMap = z.output<typeof configMap>;
