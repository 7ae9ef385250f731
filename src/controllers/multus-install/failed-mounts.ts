import { z } from "zod";
import type { ApiObject, ResourceType } from "../../kube/resource.ts";
import type { Run } from "./run.ts";
import type { MultusPodView } from "./views.ts";

const CORE_EVENTS: ResourceType = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};
/** k8s.io/kubernetes pkg/kubelet/events/event.go; said again at every attempt. */
const REASON = "FailedMount";
const OUTDATED_MS = 300_000;
/** A pod that has been starting for less is only starting. */
export const STARTING_SECONDS = 15;

const event = z.object({
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
});

/** Scheduled, and nothing is known to be wrong, but it does not start: what hangs is told by an event alone. */
export function isStarting(pod: MultusPodView): boolean {
  return !pod.ready && !pod.terminating && pod.node !== "" && pod.trouble === undefined;
}

/** The pods, each that does not start since a volume cannot be mounted with the kubelet's sentence about it. */
export async function withFailedMounts(
  run: Run,
  namespace: string,
  pods: readonly MultusPodView[],
): Promise<readonly MultusPodView[]> {
  const { client, now } = run.deps;
  const before = now().getTime() - STARTING_SECONDS * 1000;
  const hangs = (pod: MultusPodView) => isStarting(pod) && Date.parse(pod.created) < before;
  if (!pods.some(hangs)) return pods;
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
  const messages = failedMounts(events, now());
  return pods.map((pod) => {
    const message = messages.get(pod.uid);
    if (!hangs(pod) || message === undefined) return pod;
    return { ...pod, trouble: { container: "", image: "", reason: REASON, message, restarts: 0 } };
  });
}

/** Pod's uid → what the kubelet said in the last minutes of a volume that it could not mount. */
export function failedMounts(events: readonly unknown[], now: Date): Map<string, string> {
  const found = new Map<string, string>();
  for (const object of events) {
    const { involvedObject, message, lastTimestamp } = event.parse(object);
    if (now.getTime() - Date.parse(lastTimestamp ?? "") < OUTDATED_MS) found.set(involvedObject.uid, message);
  }
  return found;
}
