import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";
import type { Verdict } from "./admission-review.ts";

const RESOURCES = ["network-attachment-definitions", "pods"];

/** How many objects were looked at, what became of them, and how long it took. */
export class AdmissionMetrics {
  readonly #requests: Counter<"resource" | "verdict">;
  readonly #seconds: Histogram<"resource">;
  readonly #expiry: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({
      name: "multus_operator_admission_requests_total",
      help: "Objects that the webhook reviewed, by resource and verdict (allowed, warned, denied, error)",
      labelNames: ["resource", "verdict"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "multus_operator_admission_duration_seconds",
      help: "Time from the request to the response of the webhook",
      labelNames: ["resource"],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 3],
      registers,
    });
    this.#expiry = new Gauge({
      name: "multus_operator_webhook_certificate_expiry_timestamp_seconds",
      help: "When the webhook's serving certificate expires, in seconds since 1970",
      registers,
    });
  }

  /** A request comes in; the function that it returns is to be called with what became of it. */
  started(): (resource: string, verdict: Verdict | "error") => void {
    const begun = performance.now();
    return (resource, verdict) => {
      const known = RESOURCES.includes(resource) ? resource : "other";
      this.#requests.inc({ resource: known, verdict });
      this.#seconds.observe({ resource: known }, (performance.now() - begun) / 1000);
    };
  }

  serving(until: Date): void {
    this.#expiry.set(until.getTime() / 1000);
  }
}
