import type { KubeClient } from "../../kube/client.ts";
import { type ApiObject, PODS } from "../../kube/resource.ts";

/** Which pod it is, and its node, as the API server has it now; undefined if there is none. Throws an ApiError or a NetworkError. */
export async function podIdentity(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<{ uid: string; node: string } | undefined> {
  const pod = await client.get<ApiObject & { spec?: { nodeName?: string } }>({ type: PODS, namespace, name });
  return pod && { uid: pod.metadata.uid ?? "", node: pod.spec?.nodeName ?? "" };
}
