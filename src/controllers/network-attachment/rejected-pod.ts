import type { KubeClient } from "../../kube/client.ts";
import { type ApiObject, PODS } from "../../kube/resource.ts";
import { podWithStatus, startedWithMultus } from "../../networks/pod-view/status-write.ts";
import type { RejectedPod } from "./token-rejections.ts";

/** A pod as the API server has it now; undefined if there is none. Throws an ApiError or a NetworkError. */
export async function readRejectedPod(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<RejectedPod | undefined> {
  const pod = await client.get<ApiObject & { spec?: { nodeName?: string } }>({ type: PODS, namespace, name });
  if (!pod) return undefined;
  return {
    uid: pod.metadata.uid ?? "",
    node: pod.spec?.nodeName ?? "",
    startedAt: startedWithMultus(podWithStatus.parse(pod)),
  };
}
