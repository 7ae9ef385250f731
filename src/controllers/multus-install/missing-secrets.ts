import { z } from "zod";
import type { ApiObject, ResourceType } from "../../kube/resource.ts";
import type { Run } from "./run.ts";
import type { MultusPodView } from "./views.ts";

/** The kubelet writes events of the core group, whose `reason` can be selected. */
const CORE_EVENTS: ResourceType = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};
/** k8s.io/kubernetes pkg/kubelet/kubelet_pods.go; said again at every attempt while the secret is missing. */
const REASON = "FailedToRetrieveImagePullSecret";
const NAMES = /image pull secrets \(([^)]*)\)/;
const OUTDATED_MS = 300_000;

const event = z.object({
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/**
 * The pods, each with those of its pull secrets that the kubelet did not find. The operator may not look at
 * secrets, and a pod's status does not tell a missing one from one without a login for the registry; the
 * kubelet's event does. Asked for only when an image cannot be pulled.
 */
export async function withMissingSecrets(
  run: Run,
  namespace: string,
  pods: readonly MultusPodView[],
): Promise<readonly MultusPodView[]> {
  const { client, now } = run.deps;
  const concerned = (pod: MultusPodView) =>
    pod.pullSecrets.length > 0 && /^(ErrImagePull|ImagePullBackOff)$/.test(pod.trouble?.reason ?? "");
  if (!pods.some(concerned)) return pods;
  let events: ApiObject[];
  try {
    const fieldSelector = `reason=${REASON}`;
    const { signal } = run.context;
    events = (await client.list<ApiObject>(CORE_EVENTS, { namespace, fieldSelector, signal })).items;
  } catch (error) {
    // The status can do without; a role from an older chart may not list events.
    run.context.log.warn({ err: error }, "the kubelets' events could not be read");
    return pods;
  }
  const missing = missingSecrets(events, now());
  return pods.map((pod) => {
    const missingSecrets = missing.get(pod.uid);
    return concerned(pod) && missingSecrets ? { ...pod, missingSecrets } : pod;
  });
}

/** Pod's uid → the secrets that the kubelet did not find in the last minutes. */
export function missingSecrets(events: readonly unknown[], now: Date): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const object of events) {
    const { involvedObject, message, lastTimestamp, eventTime } = event.parse(object);
    const at = Date.parse(lastTimestamp ?? eventTime ?? "");
    const names = NAMES.exec(message)?.[1]?.split(", ").filter(Boolean) ?? [];
    if (names.length > 0 && now.getTime() - at < OUTDATED_MS) found.set(involvedObject.uid, names);
  }
  return found;
}
