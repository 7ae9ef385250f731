import { createHash } from "node:crypto";
import { z } from "zod";

const RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

export interface NadView {
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  config: string;
  resourceName?: string;
  hash: string;
  /** RFC 3339: when its spec was last written, by its managed fields; else when it was made. */
  changedAt: string;
}

const owned = z.object({ time: z.string(), fieldsV1: z.record(z.string(), z.unknown()) });
const nad = z.object({
  metadata: z.object({
    namespace: z.string(),
    name: z.string(),
    uid: z.string().default(""),
    generation: z.number().int().default(1),
    creationTimestamp: z.string().default(""),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.unknown()).default([]),
  }),
  spec: z.object({ config: z.string().default("") }).nullish(),
});

/** Throws a ZodError where the object is no NAD. */
export function nadView(object: unknown): NadView {
  const { metadata, spec } = nad.parse(object);
  const config = spec?.config ?? "";
  const times = metadata.managedFields.flatMap((entry) => {
    const { data } = owned.safeParse(entry);
    return data && "f:spec" in data.fieldsV1 ? [data.time] : [];
  });
  const resourceName = metadata.annotations[RESOURCE_NAME];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    config,
    hash: createHash("sha256").update(config).digest("hex").slice(0, 32),
    changedAt: times.toSorted().at(-1) ?? metadata.creationTimestamp,
    ...(resourceName === undefined ? {} : { resourceName }),
  };
}
