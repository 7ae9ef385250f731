import { z } from "zod";
import type { KubeClient } from "../../../kube/client.ts";
import { CORE_EVENTS } from "../../../kube/resource.ts";
import { readPages } from "../../../kube/watch/read-pages.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import { SeenSince } from "../../shared/seen-since.ts";

/** What the kubelet says again at every attempt, and has not said for so long, is over; s. */
const OUTDATED_SECONDS = 300;
/** Events are not indexed by reason: the API server reads all of a namespace for each list. */
const MAX_AGE_MS = 15_000;
/** Of an object that the last list was not asked about nothing is known: it is worth a list sooner. */
const MAX_UNASKED_MS = 5_000;

const event = z.object({
  metadata: z.object({ uid: z.string().default("") }).prefault({}),
  involvedObject: z.object({ uid: z.string().default("") }).prefault({}),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** The longest message that is kept; the kubelet's and the API server's are shorter. */
const MAX_MESSAGE = 4096;

/** An event as it was read. */
interface ReadEvent {
  /** Its own uid. */
  key: string;
  /** Of the object that it is about. */
  uid: string;
  message: string;
  at: number;
}

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

/** Which objects an answer is about. */
export interface AskedUids {
  /** Their events are kept, so that it is known since when each is as it is. */
  about: Iterable<string>;
  /** Those of them whose events matter now. */
  needed: readonly string[];
}

interface List {
  at: number;
  about: ReadonlySet<string>;
  events: Promise<readonly SeenEvent[]>;
}

/**
 * The kubelets' events of a namespace, by reason; listed at most once in 15 s, or in 5 s for other objects. A tenant may create any number of them: they
 * are read in pages, and the newest one about each of the objects in question is all that is kept.
 */
export class KubeletEvents {
  readonly #client: KubeClient;
  readonly #now: () => number;
  readonly #wallClock: () => number;
  readonly #onOutdated: () => void;
  readonly #lists = new Map<string, List>();
  /** By namespace and reason: the last list that was read, and since when each event is as it is. */
  readonly #seen = new Map<string, { last: Omit<List, "events"> | undefined; events: SeenSince }>();
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

  /**
   * The newest event with this reason about each of the objects, as the API server has or had it a moment ago; undefined if
   * the events cannot be read. Of one that is needed and that the last list was not asked about, an answer within 5 s may
   * lack the event; `onOutdated` is called when it does not.
   */
  async withReason(
    namespace: string,
    reason: string,
    { about, needed }: AskedUids,
    log: Logger,
  ): Promise<readonly SeenEvent[] | undefined> {
    const key = `${namespace}/${reason}`;
    const known = this.#lists.get(key);
    const isUnasked = needed.some((uid) => !known?.about.has(uid));
    const left = known ? known.at + (isUnasked ? MAX_UNASKED_MS : MAX_AGE_MS) - this.#now() : 0;
    if (left > 0) this.#replaceLater(`${key}${isUnasked ? "/unasked" : ""}`, left);
    const events = known && left > 0 ? known.events : this.#list(key, namespace, reason, about, log);
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

  #list(
    key: string,
    namespace: string,
    reason: string,
    about: Iterable<string>,
    log: Logger,
  ): Promise<readonly SeenEvent[]> {
    const where = { client: this.#client, type: CORE_EVENTS, log, namespace };
    const list = { at: this.#now(), about: new Set(about) };
    const newest = new NewestEvents(list.about);
    const listed = readPages({ ...where, fieldSelector: `reason=${reason}` }, (item) => newest.add(item));
    const events = listed.then(() => this.#observed(key, list, newest.events));
    this.#lists.set(key, { ...list, events });
    return events;
  }

  /**
   * An event that came, or changed, since the last list is no older than that. How old one of the first list about its
   * object is, only its time shows: by a clock that is ahead it is outdated, until it is reported again.
   */
  #observed(key: string, list: Omit<List, "events">, items: readonly ReadEvent[]): SeenEvent[] {
    const { last, events: seen } = this.#seen.get(key) ?? {
      last: undefined,
      events: new SeenSince(this.#now),
    };
    this.#seen.set(key, { last: list, events: seen });
    seen.retain(new Set(items.map((item) => item.key)));
    return items.map(({ key: event, at, ...read }) => {
      const oldest = last?.about.has(read.uid) ? (this.#now() - last.at) / 1000 : Number.POSITIVE_INFINITY;
      const byClock = Math.max(0, (this.#wallClock() - at) / 1000) || 0;
      return { ...read, at, seconds: seen.seconds(event, String(at), Math.min(byClock, oldest)) };
    });
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

/** Of the events that are added, the newest about each of the objects. */
class NewestEvents {
  /** By the object's uid; undefined until there is one. */
  readonly #newest: Map<string, ReadEvent | undefined>;

  constructor(about: Iterable<string>) {
    this.#newest = new Map([...about].map((uid) => [uid, undefined]));
  }

  add(object: unknown): void {
    const read = readEvent(object);
    if (!this.#newest.has(read.uid)) return;
    const last = this.#newest.get(read.uid);
    if (!last || !(last.at > read.at)) this.#newest.set(read.uid, read);
  }

  get events(): ReadEvent[] {
    return [...this.#newest.values()].filter((each) => each !== undefined);
  }
}

function readEvent(object: unknown): ReadEvent {
  const { metadata, involvedObject, message, lastTimestamp, eventTime } = event.parse(object);
  const at = Date.parse(lastTimestamp ?? eventTime ?? "");
  return { key: metadata.uid, uid: involvedObject.uid, message: message.slice(0, MAX_MESSAGE), at };
}

/** @param seconds how long ago it was reported last */
export function seenEvent(object: unknown, seconds: (event: ReadEvent) => number): SeenEvent {
  const read = readEvent(object);
  return { uid: read.uid, message: read.message, at: read.at, seconds: seconds(read) };
}
