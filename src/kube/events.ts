import { createHash } from "node:crypto";
import type { Logger } from "../telemetry/logger.ts";
import type { KubeClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import { microTime } from "./micro-time.ts";
import { type ApiObject, EVENTS } from "./resource.ts";

export interface EventNote {
  type: "Normal" | "Warning";
  /** CamelCase. */
  reason: string;
  /** What the controller did or found, CamelCase: Reconcile, Apply, … */
  action: string;
  note: string;
  /** What the event is about beside its object: one of the same key is sent once while the API server keeps it (an hour). */
  key?: string;
}

/** The API server refuses longer notes, counted in bytes (k8s.io/kubernetes pkg/apis/core/validation/events.go). */
const LONGEST_NOTE = 1024;

/** Sends Kubernetes events (events.k8s.io/v1). An event that cannot be sent is logged, and hinders nothing. */
export class EventRecorder {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #controller: string;
  readonly #instance: string;
  readonly #now: () => Date;

  constructor(
    client: KubeClient,
    log: Logger,
    controller: string,
    instance: string,
    now: () => Date = () => new Date(),
  ) {
    this.#client = client;
    this.#log = log;
    this.#controller = controller;
    this.#instance = instance;
    this.#now = now;
  }

  /** The same recorder for one piece of work: when `signal` is aborted, an event that is being sent is given up. */
  with({ signal }: { signal: AbortSignal }): EventRecorder {
    return new EventRecorder(
      this.#client.with({ signal }),
      this.#log,
      this.#controller,
      this.#instance,
      this.#now,
    );
  }

  async send(regarding: ApiObject, event: EventNote): Promise<void> {
    const { name, namespace = "default", uid } = regarding.metadata;
    const at = microTime(this.#now());
    const id = createHash("sha256")
      .update(event.key === undefined ? `${uid}${at}${event.reason}${event.note}` : `${uid}${event.key}`)
      .digest("hex")
      .slice(0, 16);
    try {
      await this.#client.create(EVENTS, {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: `${name.slice(0, 200)}.${id}`, namespace },
        eventTime: at,
        reportingController: this.#controller,
        reportingInstance: this.#instance,
        type: event.type,
        reason: event.reason,
        action: event.action,
        note: atMost(event.note, LONGEST_NOTE),
        regarding: {
          apiVersion: regarding.apiVersion,
          kind: regarding.kind,
          name,
          ...(regarding.metadata.namespace ? { namespace: regarding.metadata.namespace } : {}),
          ...(uid ? { uid } : {}),
        },
      });
    } catch (error) {
      if (event.key !== undefined && error instanceof ApiError && error.status === 409) return;
      this.#log.warn({ err: error, reason: event.reason }, "an event could not be sent");
    }
  }
}

/** The longest beginning of `text` that has at most `bytes` bytes of UTF-8 and cuts no character. */
function atMost(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  let end = bytes;
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.subarray(0, end).toString();
}
