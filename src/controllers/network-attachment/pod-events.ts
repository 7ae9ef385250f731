import type { EventNote, EventRecorder } from "../../kube/events.ts";
import type { ApiObject } from "../../kube/resource.ts";
import type { OutcomeKind } from "../../networks/outcome/outcome.ts";
import type { Transition } from "./pod-outcomes.ts";

/** The events' reasons; kinds without one are not reported. */
const REASONS: Partial<Record<OutcomeKind, string>> = {
  failed: "NetworkFailed",
  bypassed: "NetworkBypassed",
  partial: "NetworkPartial",
  "restart-needed": "NetworkRestartNeeded",
  "missing-network": "NetworkMissing",
  "forbidden-network": "NetworkForbidden",
};

/** The operator's report that the pod is well again, after one of those above. */
const RECOVERED = "NetworkAttached";

/** The event of a pod that went from one outcome to another, or undefined if that changes nothing. */
export function eventOf({ view, before, after }: Transition, nth: number): EventNote | undefined {
  const reason = REASONS[after.kind];
  // A NAD made just after its pod is the usual order in one file: not scheduled, nothing has failed yet.
  if (after.kind === "missing-network" && view.node === "") return undefined;
  if (reason !== undefined)
    return {
      type: "Warning",
      reason,
      action: "Observe",
      note: after.evidence ?? "",
      // A restarted operator sees the same again, and reports it once.
      key: `${after.kind} ${after.network ?? ""} ${nth}`,
    };
  const wasBad = before !== undefined && REASONS[before.kind] !== undefined;
  if (after.kind !== "attached" || !wasBad) return undefined;
  return {
    type: "Normal",
    reason: RECOVERED,
    action: "Observe",
    note: "the pod has the networks it requested",
    key: `${after.kind} ${nth}`,
  };
}

/** Sends events one after another, so that thousands of pods that change at once do not become thousands of requests at once. */
export class EventOutbox {
  readonly #events: EventRecorder;
  readonly #stop = new AbortController();
  readonly #waiting: { regarding: ApiObject; event: EventNote }[] = [];
  readonly #most: number;
  #sending: Promise<void> | undefined;

  /** @param most events that wait; further ones are dropped and counted */
  constructor(events: EventRecorder, most = 5000) {
    this.#events = events.with({ signal: this.#stop.signal });
    this.#most = most;
  }

  send(regarding: ApiObject, event: EventNote): void {
    if (this.#stop.signal.aborted) return;
    if (this.#waiting.length >= this.#most) {
      this.#events.dropped.queueFull();
      return;
    }
    this.#waiting.push({ regarding, event });
    this.#sending ??= this.#drain();
  }

  /** Those that wait are dropped, and the one under way is given up: the next leader sees the same, and sends it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#waiting.length = 0;
    await this.#sending;
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift())
      await this.#events.send(next.regarding, next.event);
    this.#sending = undefined;
  }
}
