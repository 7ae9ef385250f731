import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";

export type ReconcileResult = "success" | "requeue_after" | "error";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** controller-runtime's metrics under their own names, so that dashboards made for it work unchanged. */
export class Metrics {
  readonly registry = new Registry();
  readonly #reconciles = this.#counter(
    "controller_runtime_reconcile_total",
    "Reconciliations by controller and result",
    ["controller", "result"],
  );
  readonly #errors = this.#counter(
    "controller_runtime_reconcile_errors_total",
    "Reconciliation errors by controller",
    ["controller"],
  );
  readonly #terminal = this.#counter(
    "controller_runtime_terminal_reconcile_errors_total",
    "Reconciliation errors that are not tried again, by controller",
    ["controller"],
  );
  readonly #active = this.#gauge(
    "controller_runtime_active_workers",
    "Reconciliations under way by controller",
    ["controller"],
  );
  readonly #seconds = this.#histogram(
    "controller_runtime_reconcile_time_seconds",
    "Length of a reconciliation",
    ["controller"],
  );
  readonly #adds = this.#counter("workqueue_adds_total", "Keys added to the queue", ["name"]);
  readonly #retries = this.#counter("workqueue_retries_total", "Keys added again after an error", ["name"]);
  readonly #depth = this.#gauge("workqueue_depth", "Keys waiting in the queue", ["name"]);
  readonly #waited = this.#histogram(
    "workqueue_queue_duration_seconds",
    "How long a key waited in the queue",
    ["name"],
  );
  readonly #worked = this.#histogram("workqueue_work_duration_seconds", "How long a key was worked on", [
    "name",
  ]);
  readonly #requests = this.#counter("rest_client_requests_total", "Requests to the API server", [
    "method",
    "code",
  ]);
  readonly #leader = this.#gauge("leader_election_master_status", "1 while this replica leads", ["name"]);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Counts a reconcile that starts; the function that it returns is to be called with how it ended. */
  reconcileStarted(controller: string): (result: ReconcileResult, terminal?: boolean) => void {
    this.#active.inc({ controller });
    const seconds = this.#seconds.startTimer({ controller });
    return (result, terminal = false) => {
      seconds();
      this.#active.dec({ controller });
      this.#reconciles.inc({ controller, result });
      if (result === "error") this.#errors.inc({ controller });
      if (terminal) this.#terminal.inc({ controller });
    };
  }

  queueObserver(name: string) {
    return {
      added: () => this.#adds.inc({ name }),
      retried: () => this.#retries.inc({ name }),
      depth: (depth: number) => this.#depth.set({ name }, depth),
      waited: (seconds: number) => this.#waited.observe({ name }, seconds),
      worked: (seconds: number) => this.#worked.observe({ name }, seconds),
    };
  }

  /** @param status HTTP status, 0 where no answer came (client-go's label for it: "<error>") */
  requestEnded(method: string, status: number): void {
    this.#requests.inc({ method, code: status === 0 ? "<error>" : String(status) });
  }

  leading(name: string, leads: boolean): void {
    this.#leader.set({ name }, leads ? 1 : 0);
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<L extends string>(name: string, help: string, labelNames: L[]): Histogram<L> {
    return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
