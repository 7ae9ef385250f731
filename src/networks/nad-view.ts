import { createHash } from "node:crypto";
import { z } from "zod";
import { tooLarge } from "../cni/config-size.ts";
import { jsonSize } from "../cni/json-meter.ts";
import { copied } from "../crds/copied.ts";

/** A qualified name: 253 and 63 characters with a slash. What is longer is no resource of any node. */
const MAX_RESOURCE_LENGTH = 318;
const RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

export interface NadView {
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  /** Empty if it is too large. */
  config: string;
  /** Why the configuration is not kept, such as "is longer than 65536 bytes". */
  tooLarge?: string;
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

/** Throws a ZodError if the object is not a NAD. */
export function nadView(object: unknown): NadView {
  const { metadata, spec } = nad.parse(object);
  const config = spec?.config ?? "";
  const size = tooLarge(config);
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
    config: size === undefined ? config : "",
    ...(size === undefined ? {} : { tooLarge: size }),
    hash: createHash("sha256").update(config).digest("hex").slice(0, 32),
    changedAt: times.toSorted().at(-1) ?? metadata.creationTimestamp,
    ...(resourceName === undefined
      ? {}
      : { resourceName: copied(resourceName.slice(0, MAX_RESOURCE_LENGTH)) }),
  };
}

/** Bytes in memory that a NAD takes without its configuration: its view, its report, the configurations it had. */
const NAD_BYTES = 1024;
/** Bytes of a value that was read. */
const VALUE_BYTES = 32;

/** The bytes that a NAD takes, roughly, once its configuration was read. */
export function keptBytes({ config }: NadView): number {
  const { bytes, values } = jsonSize(config);
  return NAD_BYTES + bytes + values * VALUE_BYTES;
}

/** The same NAD with nothing kept of its configuration. */
export function unread(nad: NadView, why: string): NadView {
  return { ...nad, config: "", tooLarge: why };
}
