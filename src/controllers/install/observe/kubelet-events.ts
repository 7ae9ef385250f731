import { z } from "zod";
import { type ApiObject, CORE_EVENTS } from "../../../kube/resource.ts";
import type { Run } from "../scope.ts";

/** What the kubelet says again at every attempt, and has not said for so long, is over; ms. */
const OUTDATED_MS = 300_000;

const event = z.object({
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** The events with this reason in a namespace, as the API server has them; undefined where they cannot be read. */
export async function kubeletEvents(
  run: Run,
  namespace: string,
  reason: string,
): Promise<readonly unknown[] | undefined> {
  try {
    const options = { namespace, fieldSelector: `reason=${reason}`, signal: run.context.signal };
    return (await run.deps.client.list<ApiObject>(CORE_EVENTS, options)).items;
  } catch (error) {
    // The status can do without; a role from an older chart may not list events.
    run.context.log.warn({ err: error }, "the kubelets' events could not be read");
    return undefined;
  }
}

/** Of each event of the last minutes: the uid of its pod, and what the kubelet said. */
export function recentMessages(events: readonly unknown[], now: Date): { uid: string; message: string }[] {
  return events.flatMap((object) => {
    const { involvedObject, message, lastTimestamp, eventTime } = event.parse(object);
    const at = Date.parse(lastTimestamp ?? eventTime ?? "");
    return now.getTime() - at < OUTDATED_MS ? [{ uid: involvedObject.uid, message }] : [];
  });
}
