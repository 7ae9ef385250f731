import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";

const RESULTS = ["success", "requeue_after", "requeue", "error"] as const;
export type ReconcileResult = Exclude<(typeof RESULTS)[number], "requeue">;

/** The keys that a queue's workers have in hand, as client-go's workqueue reports them. */
export interface UnfinishedWork {
  /** For how long, all of them together. */
  totalSeconds: number;
  longestSeconds: number;
}

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
    "Reconciliation errors that are not retried, by controller",
    ["controller"],
  );
  readonly #active = this.#gauge(
    "controller_runtime_active_workers",
    "Active reconciliations by controller",
    ["controller"],
  );
  readonly #workers = this.#gauge("controller_runtime_max_concurrent_reconciles", "Workers by controller", [
    "controller",
  ]);
  readonly #seconds = this.#histogram(
    "controller_runtime_reconcile_time_seconds",
    "Duration of a reconciliation",
    ["controller"],
  );
  readonly #adds = this.#counter("workqueue_adds_total", "Keys added to the queue", ["name"]);
  readonly #retries = this.#counter("workqueue_retries_total", "Keys retried after an error", ["name"]);
  readonly #depth = this.#gauge("workqueue_depth", "Keys waiting in the queue", ["name"]);
  readonly #waited = this.#histogram(
    "workqueue_queue_duration_seconds",
    "Time that a key waited in the queue",
    ["name"],
  );
  readonly #worked = this.#histogram("workqueue_work_duration_seconds", "Time that processing a key took", [
    "name",
  ]);
  readonly #requests = this.#counter("rest_client_requests_total", "Requests to the API server", [
    "code",
    "method",
    "host",
  ]);
  readonly #droppedEvents = this.#counter(
    "multus_operator_events_dropped_total",
    "Kubernetes events that were not sent, by controller and cause",
    ["controller", "cause"],
  );

  readonly #queues = new Map<string, () => UnfinishedWork>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#sampled(
      "workqueue_unfinished_work_seconds",
      "Total time that the keys in progress have taken so far; it grows while a worker is stuck",
      ["name"],
      (gauge) => {
        for (const [name, unfinished] of this.#queues) gauge.set({ name }, unfinished().totalSeconds);
      },
    );
    this.#sampled(
      "workqueue_longest_running_processor_seconds",
      "Time that the longest-running worker has taken so far",
      ["name"],
      (gauge) => {
        for (const [name, unfinished] of this.#queues) gauge.set({ name }, unfinished().longestSeconds);
      },
    );
  }

  /** Shows a controller's series from its start, so that a rate sees the first error. */
  controllerStarts(controller: string, workers: number): void {
    for (const result of RESULTS) this.#reconciles.inc({ controller, result }, 0);
    for (const counter of [this.#errors, this.#terminal]) counter.inc({ controller }, 0);
    this.#active.set({ controller }, 0);
    this.#workers.set({ controller }, workers);
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

  /** @param unfinished what the queue's workers have in hand; asked for at each scrape */
  queueObserver(name: string, unfinished: () => UnfinishedWork) {
    this.#queues.set(name, unfinished);
    for (const counter of [this.#adds, this.#retries]) counter.inc({ name }, 0);
    for (const histogram of [this.#waited, this.#worked]) histogram.zero({ name });
    this.#depth.set({ name }, 0);
    return {
      added: () => this.#adds.inc({ name }),
      retried: () => this.#retries.inc({ name }),
      depth: (depth: number) => this.#depth.set({ name }, depth),
      waited: (seconds: number) => this.#waited.observe({ name }, seconds),
      worked: (seconds: number) => this.#worked.observe({ name }, seconds),
    };
  }

  /** @param status HTTP status, 0 where no answer came (client-go's label for it: "<error>") */
  requestEnded(method: string, status: number, host: string): void {
    this.#requests.inc({ method, code: status === 0 ? "<error>" : String(status), host });
  }

  /** @param leads asked at each scrape: a lease may run out without a word */
  leadership(name: string, leads: () => boolean): void {
    this.#sampled("leader_election_master_status", "1 while this replica leads", ["name"], (gauge) =>
      gauge.set({ name }, leads() ? 1 : 0),
    );
  }

  /** @param staleness by resource, in seconds; asked for at each scrape */
  watches(staleness: () => ReadonlyMap<string, number>): void {
    this.#sampled(
      "multus_operator_watch_staleness_seconds",
      "Seconds since the API server last confirmed the stalest copy of this resource",
      ["resource"],
      (gauge) => {
        gauge.reset();
        for (const [resource, seconds] of staleness()) gauge.set({ resource }, seconds);
      },
    );
  }

  /** Counts the events of one controller that are not sent. */
  droppedEvents(controller: string): DroppedEvents {
    const count = (cause: "failed" | "queue-full" | "too-many") => (events?: number) =>
      this.#droppedEvents.inc({ controller, cause }, events ?? 1);
    const counts = { failed: count("failed"), queueFull: count("queue-full"), tooMany: count("too-many") };
    for (const start of Object.values(counts)) start(0);
    return counts;
  }

  #sampled<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    sample: (gauge: Gauge<L>) => void,
  ): void {
    const registers = [this.registry];
    const gauge: Gauge<L> = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect: () => sample(gauge),
    });
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

/** Counts events that were not sent: the API server rejected them, too many waited, or one object had too many. */
export interface DroppedEvents {
  failed(events?: number): void;
  queueFull(events?: number): void;
  tooMany(events?: number): void;
}
