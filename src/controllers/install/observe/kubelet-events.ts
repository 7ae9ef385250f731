import { z } from "zod";
import type { KubeClient } from "../../../kube/client.ts";
import { type ApiObject, CORE_EVENTS } from "../../../kube/resource.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import { SeenSince } from "../../shared/seen-since.ts";

/** What the kubelet says again at every attempt, and has not said for so long, is over; s. */
const OUTDATED_SECONDS = 300;
/** Events are not indexed by reason: the API server reads all of a namespace for each list. */
const MAX_AGE_MS = 15_000;

const event = z.object({
  metadata: z.object({ uid: z.string().default("") }).prefault({}),
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** An event as this process has observed it. */
export interface SeenEvent {
  /** Of the object that it is about. */
  uid: string;
  message: string;
  /** When it was reported last, by the reporter's clock: it orders the events of one reporter; ms since 1970. */
  at: number;
  /** How long ago that was. */
  seconds: number;
}

/** The kubelets' events of a namespace, by reason; listed at most once in 15 s. */
export class KubeletEvents {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #wallClock: () => number;
  readonly #onOutdated: () => void;
  readonly #lists = new Map<string, { at: number; events: Promise<readonly SeenEvent[]> }>();
  /** By namespace and reason: when it was last listed, and since when each event is as it is. */
  readonly #seen = new Map<string, { at: number; events: SeenSince }>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** @param onOutdated called when an answer that was not fresh can be replaced by a fresh one. It only enqueues. */
  constructor(
    client: KubeClient,
    onOutdated: () => void,
    now: () => number = () => performance.now(),
    wallClock: () => number = () => Date.now(),
  ) {
    this.#client = client;
    this.#onOutdated = onOutdated;
    this.#now = now;
    this.#wallClock = wallClock;
  }

  /** The events with this reason, as the API server has or had them a moment ago; undefined if they cannot be read. */
  async withReason(
    namespace: string,
    reason: string,
    log: Logger,
  ): Promise<readonly SeenEvent[] | undefined> {
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

  #list(key: string, namespace: string, reason: string): Promise<readonly SeenEvent[]> {
    const listed = this.#client.list<ApiObject>(CORE_EVENTS, {
      namespace,
      fieldSelector: `reason=${reason}`,
    });
    const events = listed.then(({ items }) => this.#observed(key, items));
    this.#lists.set(key, { at: this.#now(), events });
    return events;
  }

  /**
   * An event that came, or changed, since the last list is no older than that. How old one of the first list is, only its
   * time shows: by a clock that is ahead it is outdated, until it is reported again.
   */
  #observed(list: string, items: readonly ApiObject[]): SeenEvent[] {
    const last = this.#seen.get(list);
    const seen = last?.events ?? new SeenSince(this.#now);
    const oldest = last ? (this.#now() - last.at) / 1000 : Number.POSITIVE_INFINITY;
    this.#seen.set(list, { at: this.#now(), events: seen });
    seen.retain(new Set(items.map(({ metadata }) => metadata.uid ?? "")));
    return items.map((item) =>
      seenEvent(item, ({ key, at }) => {
        const byClock = Math.max(0, (this.#wallClock() - at) / 1000) || 0;
        return seen.seconds(key, String(at), Math.min(byClock, oldest));
      }),
    );
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
  events: readonly SeenEvent[],
  outdatedSeconds = OUTDATED_SECONDS,
): { uid: string; message: string }[] {
  return events
    .filter(({ seconds }) => seconds < outdatedSeconds)
    .toSorted((a, b) => a.at - b.at)
    .map(({ uid, message }) => ({ uid, message }));
}

/** @param seconds how long ago it was reported last */
export function seenEvent(
  object: unknown,
  seconds: (event: { key: string; at: number }) => number,
): SeenEvent {
  const { metadata, involvedObject, message, lastTimestamp, eventTime } = event.parse(object);
  const at = Date.parse(lastTimestamp ?? eventTime ?? "");
  return { uid: involvedObject.uid, message, at, seconds: seconds({ key: metadata.uid, at }) };
}
