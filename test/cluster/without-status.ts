import type { ApiObject } from "../../src/kube/resource.ts";

/**
 * An object as it is stored, but for its status and what changes with that in its metadata: controllers of the cluster
 * write a status whenever they count.
 */
export function withoutStatus(live: ApiObject | undefined): unknown {
  if (!live) return undefined;
  const { status: _, ...rest } = live;
  const { resourceVersion: __, managedFields = [], ...metadata } = live.metadata;
  const entries = managedFields as { subresource?: string }[];
  return {
    ...rest,
    metadata: { ...metadata, managedFields: entries.filter(({ subresource }) => !subresource) },
  };
}
