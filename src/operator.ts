import { hostname } from "node:os";
import dotI, { type OperatorLogger, type ResourceEvent, type ResourceMeta } from "@dot-i/k8s-operator";
import { Admission, type WebhookSettings } from "./controllers/admission/admission.ts";
import { NetworkAttachmentController } from "./controllers/network-attachment/controller.ts";
import { allInOrder } from "./controllers/shared/all-in-order.ts";
import { Caches } from "./controllers/shared/caches.ts";
import { NetworkSummaryStore } from "./controllers/shared/network-summary.ts";
import { NodeInspections } from "./controllers/shared/node-inspections.ts";
import { InstallOperator } from "./install-operator.ts";
import { KubeClient } from "./kube/client.ts";
import type { Connection } from "./kube/connection.ts";
import { EventRecorder } from "./kube/events.ts";
import type { Watches } from "./kube/watch/watches.ts";
import { Leadership } from "./leadership.ts";
import type { OperatorImage } from "./render/operator-image.ts";
import { stopInOrder } from "./stop-in-order.ts";
import { HealthServer } from "./telemetry/health.ts";
import type { Logger } from "./telemetry/logger.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { NetworkMetrics } from "./telemetry/network-metrics.ts";

// The package is CommonJS: its default export arrives as a property in Node, and as the import itself in Vitest.
type Frame = typeof import("@dot-i/k8s-operator").default;
const Operator: Frame = (dotI as unknown as { default?: Frame }).default ?? (dotI as unknown as Frame);

const NAME = "multus-operator";
/** A watch that has been silent for longer than this hangs: bookmarks come every minute, and requests time out. */
const MAX_SILENCE_SECONDS = 600;

export interface OperatorOptions {
  connection: Connection;
  log: Logger;
  /** Port of /healthz, /readyz and /metrics. */
  healthPort: number;
  /** Where the leader's Lease is; undefined leads without one. */
  leaseNamespace?: string | undefined;
  /** The operator's own. */
  namespace: string;
  /** Undefined serves no webhook. */
  webhook?: WebhookSettings | undefined;
  /** This program's own image; undefined runs nothing on nodes. */
  taskImage?: OperatorImage | undefined;
  rolloutDeadlineSeconds?: number | undefined;
  /** A watch that has been silent for longer fails the liveness check; ten minutes if not set. */
  maxSilenceSeconds?: number | undefined;
}

/**
 * The operator: the frame (init, start, stop) is @dot-i/k8s-operator's, whose watch, status and finalizer
 * helpers are replaced by src/kube, since they end the process or swallow errors (docs/adr/0002).
 */
export class MultusOperator extends Operator {
  readonly #options: OperatorOptions;
  readonly #log: Logger;
  readonly #metrics = new Metrics();
  readonly #installs: InstallOperator;
  readonly #networks: NetworkAttachmentController;
  readonly #inspections = new NodeInspections();
  readonly #networkSummary = new NetworkSummaryStore();
  readonly #admission: Admission;
  readonly #watches: Watches;
  readonly #leadership: Leadership;
  readonly #identity = `${hostname()}_${crypto.randomUUID().slice(0, 8)}`;
  #health: HealthServer | undefined;
  #stopping: Promise<void> | undefined;
  #connected = false;

  constructor(options: OperatorOptions) {
    super(toOperatorLogger(options.log));
    this.kubeConfig = options.connection;
    this.#options = options;
    this.#log = options.log;
    const client = this.#clientOf(options.connection);
    this.#watches = client.watches;
    this.#metrics.watches(() => client.watches.staleness());
    this.#metrics.leadership(NAME, () => this.#leadership.leads);
    const recorder = (controller: string) =>
      new EventRecorder(
        client,
        options.log,
        { controller: `${NAME}.dev/${controller}`, instance: this.#identity },
        { dropped: this.#metrics.droppedEvents(controller) },
      );
    const caches = new Caches(client, options.log);
    this.#installs = new InstallOperator({
      caches,
      client,
      log: options.log,
      metrics: this.#metrics,
      image: options.taskImage,
      rolloutDeadlineSeconds: options.rolloutDeadlineSeconds,
      inspections: this.#inspections,
      events: recorder("multus-install"),
      networks: this.#networkSummary,
    });
    this.#networks = new NetworkAttachmentController({
      client,
      caches,
      log: options.log,
      metrics: this.#metrics,
      networkMetrics: new NetworkMetrics(this.#metrics.registry),
      events: recorder("network-attachment"),
      inspections: this.#inspections,
      summary: this.#networkSummary,
    });
    const { log, namespace, webhook } = options;
    const events = recorder("admission");
    this.#admission = new Admission({
      client,
      caches,
      log,
      metrics: this.#metrics,
      events,
      namespace,
      webhook,
    });
    this.#leadership = new Leadership({
      client,
      log,
      name: NAME,
      leaseNamespace: options.leaseNamespace,
      namespace,
      identity: this.#identity,
    });
  }

  /** A client that writes only while this replica leads. */
  #clientOf(connection: Connection): KubeClient {
    const { host } = new URL(connection.server);
    return new KubeClient(connection, {
      before: (request) => this.#leadership.assertMayWrite(request),
      sending: (request) => this.#leadership.assertMayWrite(request),
      after: (request, status) => {
        this.#connected ||= status > 0 && status < 500;
        this.#metrics.requestEnded(request.method, status, host);
      },
    });
  }

  /** Starts, and leads when it is its turn. Resolves when the operator has stopped; throws if it lost the lease. */
  override async start(): Promise<void> {
    this.#health = await HealthServer.start({
      port: this.#options.healthPort,
      metrics: this.#metrics,
      live: { watches: () => this.#watchProblem() },
      ready: {
        apiServer: () => (this.#connected ? undefined : "the API server has not answered yet"),
        webhook: () => this.#admission.notReady(),
      },
    });
    this.#log.info({ healthPort: this.#health.port, server: this.#options.connection.server }, "started");
    await this.#admission.serve();
    await this.#leadership.lead(() => super.start());
  }

  protected override async init(): Promise<void> {
    this.#admission.lead();
    await Promise.all([this.#installs.start(), this.#networks.start()]);
  }

  /** Ends running reconciles, gives the lease up and closes every connection. If one of these fails, the others still end, and it throws. */
  override stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  protected override watchResource(group: string, version: string, plural: string): Promise<never> {
    return reject(`watchResource(${plural}.${version}.${group})`, "a Reflector of src/kube");
  }

  protected override registerCustomResourceDefinition(file: string): Promise<never> {
    return reject(`registerCustomResourceDefinition(${file})`, "the Helm chart or manifests/install.yaml");
  }

  protected override setResourceStatus(meta: ResourceMeta): Promise<never> {
    return reject(`setResourceStatus(${meta.name})`, "server-side apply of the status subresource");
  }

  protected override patchResourceStatus(meta: ResourceMeta): Promise<never> {
    return reject(`patchResourceStatus(${meta.name})`, "server-side apply of the status subresource");
  }

  protected override handleResourceFinalizer(event: ResourceEvent): Promise<never> {
    return reject(`handleResourceFinalizer(${event.meta.name})`, "the reconcile's own finalizer");
  }

  protected override setResourceFinalizers(meta: ResourceMeta): Promise<never> {
    return reject(`setResourceFinalizers(${meta.name})`, "KubeClient.patch");
  }

  #watchProblem(): string | undefined {
    const silence = this.#watches.silenceSeconds;
    if (silence < (this.#options.maxSilenceSeconds ?? MAX_SILENCE_SECONDS)) return undefined;
    return `a watch has been silent for ${Math.round(silence)} s`;
  }

  async #stop(): Promise<void> {
    this.#log.info("stopping");
    await stopInOrder([
      () =>
        this.#leadership.end(() =>
          allInOrder([this.#installs.stop(), this.#networks.stop(), this.#admission.stop()]),
        ),
      () => this.#admission.close(),
      () => this.#health?.stop(),
      () => this.#options.connection.close(),
    ]);
  }
}

/** A helper of the frame that swallows errors must not be used by accident. */
function reject(helper: string, instead: string): Promise<never> {
  return Promise.reject(new Error(`${helper} is not used by this operator: use ${instead} (docs/adr/0002)`));
}

function toOperatorLogger(log: Logger): OperatorLogger {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  };
}
