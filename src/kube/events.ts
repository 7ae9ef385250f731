import { createHash } from "node:crypto";
import type { Logger } from "../telemetry/logger.ts";
import type { DroppedEvents } from "../telemetry/metrics.ts";
import type { KubeClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import { EventCorrelator, type Series } from "./event-correlator.ts";
import { microTime } from "./micro-time.ts";
import { type ApiObject, EVENTS } from "./resource.ts";

export interface EventNote {
  type: "Normal" | "Warning";
  /** CamelCase. */
  reason: string;
  /** What the controller did or found, CamelCase: Reconcile, Apply, … */
  action: string;
  note: string;
  /** What the event is about in addition to its object: one of the same key is sent once while the API server keeps it (an hour). */
  key?: string;
}

/** The API server rejects longer notes, counted in bytes (k8s.io/kubernetes pkg/apis/core/validation/events.go). */
const MAX_NOTE_LENGTH = 1024;

/** Characters of the object's name in the name of an event. */
const MAX_OBJECT_LENGTH = 200;

/** An event that takes longer is given up: whoever waits for it must not wait for a slow API server, ms. */
const TIMEOUT_MS = 10_000;

/** Who reports: the event's reportingController and reportingInstance. */
export interface EventSource {
  controller: string;
  instance: string;
}

/** Sends Kubernetes events (events.k8s.io/v1). An event that cannot be sent is logged and counted, and hinders nothing. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #controller: string;
  readonly #instance: string;
  readonly #now: () => Date;
  readonly #correlator: EventCorrelator;
  readonly #signal: AbortSignal | undefined;
  /** Counts the events that were not sent. */
  readonly dropped: DroppedEvents;

  constructor(
    client: KubeClient,
    log: Logger,
    { controller, instance }: EventSource,
    {
      now = () => new Date(),
      dropped = UNCOUNTED,
      correlator = new EventCorrelator(),
      signal,
    }: RecorderOptions = {},
  ) {
    this.#client = client;
    this.#log = log;
    this.#controller = controller;
    this.#instance = instance;
    this.#now = now;
    this.dropped = dropped;
    this.#correlator = correlator;
    this.#signal = signal;
  }

  /** The same recorder for one piece of work: when `signal` is aborted, an event that is being sent is given up. */
  with({ signal }: { signal: AbortSignal }): EventRecorder {
    const [now, dropped, correlator] = [this.#now, this.dropped, this.#correlator];
    return new EventRecorder(
      this.#client,
      this.#log,
      { controller: this.#controller, instance: this.#instance },
      {
        ...{ now, dropped, correlator },
        signal: this.#signal ? AbortSignal.any([this.#signal, signal]) : signal,
      },
    );
  }

  /** Resolves when the event was sent, or was given up. It never rejects: who need not wait for it may go on. */
  async send(regarding: ApiObject, event: EventNote): Promise<void> {
    if (this.#signal?.aborted) return;
    const { name, uid } = regarding.metadata;
    const at = this.#now();
    if (!this.#correlator.admit(`${uid ?? name} ${event.reason}`, at.getTime())) {
      this.dropped.tooMany();
      this.#log.debug({ object: name, reason: event.reason }, "too many events of one reason; not sent");
      return;
    }
    try {
      await this.#deliver(regarding, event, at);
    } catch (error) {
      if (event.key !== undefined && error instanceof ApiError && error.status === 409) return;
      if (this.#signal?.aborted) return;
      this.dropped.failed();
      this.#log.warn({ err: error, reason: event.reason }, "an event could not be sent");
    }
  }

  /** The same event again counts up the series of the first, unless a key says what is the same. */
  async #deliver(regarding: ApiObject, event: EventNote, at: Date): Promise<void> {
    const { uid, name } = regarding.metadata;
    const same = JSON.stringify([uid ?? name, event.type, event.reason, event.action, event.note]);
    const series = event.key === undefined ? this.#correlator.next(same, at.getTime()) : undefined;
    if (series && (await this.#continue(regarding, series, at))) {
      this.#correlator.sent(same, series, at.getTime());
      return;
    }
    const created = await this.#create(regarding, event, at);
    if (event.key === undefined) this.#correlator.sent(same, { name: created, count: 1 }, at.getTime());
  }

  /** False if the API server no longer has the first event of the series: it keeps events for an hour. */
  async #continue(regarding: ApiObject, { name, count }: Series, at: Date): Promise<boolean> {
    const { namespace = "default" } = regarding.metadata;
    const series = { count, lastObservedTime: microTime(at) };
    try {
      await this.#limited().patch({ type: EVENTS, namespace, name }, { series });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** Returns the name of the event. */
  async #create(regarding: ApiObject, event: EventNote, time: Date): Promise<string> {
    const { name, namespace = "default", uid } = regarding.metadata;
    const at = microTime(time);
    const id = createHash("sha256")
      .update(event.key === undefined ? `${uid}${at}${event.reason}${event.note}` : `${uid}${event.key}`)
      .digest("hex")
      .slice(0, 16);
    const nameOfEvent = eventName(name, id);
    await this.#limited().create(EVENTS, {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: nameOfEvent, namespace },
      eventTime: at,
      reportingController: this.#controller,
      reportingInstance: this.#instance,
      type: event.type,
      reason: event.reason,
      action: event.action,
      note: atMost(event.note, MAX_NOTE_LENGTH),
      regarding: {
        apiVersion: regarding.apiVersion,
        kind: regarding.kind,
        name,
        ...(regarding.metadata.namespace ? { namespace: regarding.metadata.namespace } : {}),
        ...(uid ? { uid } : {}),
      },
    });
    return nameOfEvent;
  }

  #limited(): KubeClient {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return this.#client.with({ signal: this.#signal ? AbortSignal.any([this.#signal, timeout]) : timeout });
  }
}

interface RecorderOptions {
  now?: () => Date;
  dropped?: DroppedEvents | undefined;
  correlator?: EventCorrelator;
  signal?: AbortSignal;
}

const UNCOUNTED: DroppedEvents = { failed() {}, queueFull() {}, tooMany() {} };

/**
 * The name of an event about an object. It must be a DNS subdomain of at most 253 characters: what is cut must not end
 * with a hyphen or a dot before the next dot.
 */
export function eventName(object: string, id: string): string {
  return `${object.slice(0, MAX_OBJECT_LENGTH).replace(/[-.]+$/, "")}.${id}`;
}

/** The longest beginning of `text` that has at most `bytes` bytes of UTF-8 and cuts no character. */
function atMost(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.subarray(0, end).toString();
}
