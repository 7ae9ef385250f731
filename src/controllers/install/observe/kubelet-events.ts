import { z } from "zod";
import type { KubeClient } from "../../../kube/client.ts";
import { type ApiObject, CORE_EVENTS } from "../../../kube/resource.ts";
import type { Logger } from "../../../telemetry/logger.ts";

/** What the kubelet says again at every attempt, and has not said for so long, is over; ms. */
const OUTDATED_MS = 300_000;
/** Events are not indexed by reason: the API server reads all of a namespace for each list. */
const MAX_AGE_MS = 15_000;

const event = z.object({
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** The kubelets' events of a namespace, by reason; listed at most once in 15 s. */
export class KubeletEvents {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #onOutdated: () => void;
  readonly #lists = new Map<string, { at: number; events: Promise<readonly unknown[]> }>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** @param onOutdated called when an answer that was not fresh can be replaced by a fresh one. It only enqueues. */
  constructor(client: KubeClient, onOutdated: () => void, now: () => number = () => performance.now()) {
    this.#client = client;
    this.#onOutdated = onOutdated;
    this.#now = now;
  }

  /** The events with this reason, as the API server has or had them a moment ago; undefined if they cannot be read. */
  async withReason(namespace: string, reason: string, log: Logger): Promise<readonly unknown[] | undefined> {
    const key = `${namespace}/${reason}`;
    const known = this.#lists.get(key);
    const age = known ? this.#now() - known.at : Number.POSITIVE_INFINITY;
    if (known && age < MAX_AGE_MS) this.#replaceLater(key, MAX_AGE_MS - age);
    const events = known && age < MAX_AGE_MS ? known.events : this.#list(key, namespace, reason);
    try {
      return await events;
    } catch (error) {
      // The status can do without; a role from an older chart may not list events.
      log.warn({ err: error }, "the kubelets' events could not be read");
      return undefined;
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #list(key: string, namespace: string, reason: string): Promise<readonly unknown[]> {
    const listed = this.#client.list<ApiObject>(CORE_EVENTS, {
      namespace,
      fieldSelector: `reason=${reason}`,
    });
    const events = listed.then(({ items }) => items);
    this.#lists.set(key, { at: this.#now(), events });
    return events;
  }

  #replaceLater(key: string, ms: number): void {
    if (this.#timers.has(key)) return;
    const replace = () => {
      this.#timers.delete(key);
      this.#onOutdated();
    };
    this.#timers.set(key, setTimeout(replace, ms));
  }
}

/** Of each event of the last minutes, the oldest first: the uid of its object, and what was said of it. */
export function recentMessages(
  events: readonly unknown[],
  now: Date,
  outdatedMs = OUTDATED_MS,
): { uid: string; message: string }[] {
  return events
    .map((object) => {
      const { involvedObject, message, lastTimestamp, eventTime } = event.parse(object);
      return { uid: involvedObject.uid, message, at: Date.parse(lastTimestamp ?? eventTime ?? "") };
    })
    .filter(({ at }) => now.getTime() - at < outdatedMs)
    .toSorted((a, b) => a.at - b.at)
    .map(({ uid, message }) => ({ uid, message }));
}
