import type { KubeClient } from "../../../kube/client.ts";
import { ApiError } from "../../../kube/errors.ts";
import { textOf } from "../../../kube/http.ts";
import { type ApiObject, collectionPath, PODS } from "../../../kube/resource.ts";
import { READER_LABELS } from "./reader-pod.ts";

/** A program that waits for a reader pod reads it as soon as it ends. */
const READ_AFTER_MS = 120_000;

interface EndedPod extends ApiObject {
  status?: {
    phase?: string;
    containerStatuses?: { state?: { terminated?: { finishedAt?: string | null } } }[];
  };
}

/**
 * Deletes reader pods that have ended and were not removed, because the program that created them was killed. One that
 * runs may be in use; it ends automatically (activeDeadlineSeconds), and the next call deletes it. If pods may not be
 * listed or deleted, nothing happens. Returns how many it deleted.
 * @param by the time by which they are old, ms since 1970; the API server's own if not set: this machine's clock may be ahead,
 *   and another program's pod in use
 */
export async function deleteOrphanedLogPods(
  client: KubeClient,
  namespace: string,
  by?: number,
): Promise<number> {
  const labelSelector = Object.entries(READER_LABELS)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  try {
    const response = await client.request({
      method: "GET",
      path: collectionPath(PODS, namespace),
      query: { labelSelector },
    });
    const { items } = JSON.parse(await textOf(response)) as { items: EndedPod[] };
    const now = by ?? Date.parse(String(response.headers.date));
    const left = items.filter((pod) => now - endOf(pod) > READ_AFTER_MS);
    for (const { metadata } of left)
      await client.delete(
        { type: PODS, namespace, name: metadata.name },
        { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid ?? "" } },
      );
    return left.length;
  } catch (error) {
    // 409: another call was faster, or another pod has that name now.
    if (error instanceof ApiError && (error.status === 403 || error.status === 409)) return 0;
    throw error;
  }
}

/** When a pod ended, ms; infinite while it runs, or may still be read. */
function endOf({ metadata, status }: EndedPod): number {
  if (status?.phase !== "Succeeded" && status?.phase !== "Failed") return Number.POSITIVE_INFINITY;
  const finished = status.containerStatuses?.[0]?.state?.terminated?.finishedAt;
  // A pod that was evicted, or rejected by its node, has no container's end.
  const times = [finished, metadata.creationTimestamp].flatMap((time) => (time ? Date.parse(time) : []));
  // Not before its creation: the node's clock may be behind.
  return times.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...times);
}
