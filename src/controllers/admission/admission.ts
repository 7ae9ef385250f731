import { hostsOf, type WebhookAddress } from "../../admission/configuration.ts";
import { AdmissionMetrics } from "../../admission/metrics.ts";
import { calledPath, newPath } from "../../admission/secret-path.ts";
import { WebhookServer } from "../../admission/server.ts";
import { replicaKey } from "../../admission/trust.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Controller } from "../../kube/controller.ts";
import { ApiError, isApplyConflict } from "../../kube/errors.ts";
import type { EventRecorder } from "../../kube/events.ts";
import type { ObjectRef } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { Applier } from "../shared/applier.ts";
import type { Caches } from "../shared/caches.ts";
import { ForeignObject } from "../shared/errors.ts";
import { synced } from "../shared/synced.ts";
import { OwnedObjects } from "../shared/watched-objects.ts";
import { DepartedReplicas } from "./departed-replicas.ts";
import { hasPolicies } from "./discovery.ts";
import { OBJECTS, reconcile } from "./reconcile.ts";
import { ReplicaCertificate } from "./replica.ts";
import { ClusterView } from "./view.ts";

/** How a replica serves the webhook. */
export interface WebhookSettings {
  /** 0 takes any free port. */
  port: number;
  host?: string | undefined;
  /** https://host, for an API server that reaches this process and not its Service; the port is added. */
  url?: string | undefined;
  /** The pod's name. */
  replica: string;
}

export interface AdmissionOptions {
  client: KubeClient;
  caches: Pick<Caches, "installs" | "nads">;
  log: Logger;
  metrics: Metrics;
  events: EventRecorder;
  /** The operator's own. */
  namespace: string;
  /** Undefined serves none: the policies still work. */
  webhook: WebhookSettings | undefined;
  now?: (() => Date) | undefined;
}

const KEY = "admission";
/** Well below the 2 s within which drift is repaired. */
const BATCH_MS = 500;
/** Admission fails open: it must not hold up a rollout of the operator for longer than this, ms. */
const MAX_UNREADY_MS = 30_000;
/** Endpoints of a pod that ends are taken out within a second or two, everywhere. */
const DRAIN_MS = 3000;

/**
 * Admission in one process: every replica serves the webhook with a certificate of its own, and the one that
 * leads keeps the webhook configuration and the policies in the cluster.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #log: Logger;
  readonly #metrics: AdmissionMetrics;
  readonly #view: ClusterView;
  readonly #owned: OwnedObjects;
  readonly #started = performance.now();
  /** For a configuration that is new; one that is there keeps its own. */
  readonly #path = newPath();
  #certificate: ReplicaCertificate | undefined;
  #server: WebhookServer | undefined;
  #replica: Controller | undefined;
  #leader: Controller | undefined;
  #hasPolicies: boolean | undefined;
  /** The reason that the last event gave. */
  #reported = "";

  constructor(options: AdmissionOptions) {
    const { client, namespace } = options;
    this.#options = options;
    this.#log = options.log.child({ controller: KEY });
    this.#metrics = new AdmissionMetrics(options.metrics.registry);
    const onChange = () => this.#changed();
    this.#view = new ClusterView({ client, caches: options.caches, log: this.#log, namespace, onChange });
    this.#owned = new OwnedObjects(client, this.#log, onChange);
  }

  /** Serves the webhook; for every replica. Throws where the port cannot be had. */
  async serve(): Promise<void> {
    const { client, log, metrics, namespace, webhook, now } = this.#options;
    this.#view.start();
    if (!webhook) return;
    const certificate = new ReplicaCertificate({
      client,
      log: this.#log,
      metrics: this.#metrics,
      view: this.#view,
      namespace,
      name: webhook.replica,
      hosts: hostsOf(webhook.url ? { url: webhook.url } : { namespace }),
      now,
    });
    this.#certificate = certificate;
    const { port, host } = webhook;
    this.#server = await WebhookServer.start({
      port,
      host,
      certificate: certificate.current,
      view: this.#view,
      path: () => calledPath(this.#view.webhookConfiguration),
      log: this.#log,
      metrics: this.#metrics,
    });
    certificate.onChange((next) => this.#server?.use(next));
    this.#replica = new Controller({
      name: "webhook-certificate",
      log,
      metrics,
      reconcile: (_, { signal }) => certificate.reconcile(signal),
    });
    this.#replica.enqueue(KEY);
    void this.#replica.start(this.#view.whenSynced());
    this.#log.info({ port: this.#server.port }, "the webhook is served");
  }

  /** Keeps configuration and policies; for the replica that leads. What fails is tried again: Multus does not wait for it. */
  lead(): void {
    const { client, log, metrics, namespace, now = () => new Date() } = this.#options;
    const view = this.#view;
    const live = (ref: ObjectRef) =>
      ref.type === OBJECTS.webhook.type ? view.webhookConfiguration : this.#owned.get(ref);
    const applier = new Applier(client, { get: live });
    const arePods = this.#options.webhook?.url === undefined;
    const { replica } = this.#options.webhook ?? {};
    const own = replica === undefined ? undefined : replicaKey(replica);
    const departed = new DepartedReplicas({ client, view, namespace, arePods, own, now });
    this.#leader = new Controller({
      name: KEY,
      log,
      metrics,
      reconcile: async (_, context) => {
        await synced([view], context.signal);
        const policies = await this.#policies(context.signal);
        const address = this.#address;
        const common = { client, applier, view, live, path: this.#path, namespace, now, departed };
        try {
          const result = await reconcile({ ...common, address, hasPolicies: policies }, context);
          this.#reported = "";
          return result;
        } catch (error) {
          await this.#notify(error, context.signal);
          throw error;
        }
      },
    });
    this.#leader.enqueue(KEY);
    void this.#leader.start(view.whenSynced());
  }

  /** An event for whoever asked for admission; once for each reason, however often it is tried again. */
  async #notify(error: unknown, signal: AbortSignal): Promise<void> {
    const install = this.#view.liveInstall;
    const lasting =
      error instanceof ForeignObject ||
      (error instanceof ApiError && !(error.isTransient && !isApplyConflict(error)));
    if (!install || !lasting || this.#reported === error.message) return;
    this.#reported = error.message;
    await this.#options.events.with({ signal }).send(install, {
      type: "Warning",
      reason: "AdmissionNotApplied",
      action: "Apply",
      note: `attachments.admission: ${error.message}`,
    });
  }

  /** Whether the API server has policies; those that there are, are watched from then on. */
  async #policies(signal: AbortSignal): Promise<boolean> {
    this.#hasPolicies ??= await hasPolicies(this.#options.client.with({ signal }));
    if (this.#hasPolicies) await this.#owned.watch(OBJECTS.policies, signal);
    return this.#hasPolicies;
  }

  /** Ends everything but the webhook, which goes on answering with what is known. */
  async stop(): Promise<void> {
    await Promise.all([this.#leader?.stop(), this.#replica?.stop(), this.#owned.stop(), this.#view.stop()]);
  }

  /** Ends the webhook; behind a Service not before its callers know other replicas. */
  async close(): Promise<void> {
    if (!this.#options.webhook?.url) await this.#server?.drain(DRAIN_MS);
    await this.#server?.stop();
  }

  /** Where the webhook is served. Throws where it is not. */
  get port(): number {
    if (!this.#server) throw new Error("the webhook is not served");
    return this.#server.port;
  }

  /** A sentence while the API server may be about to call this replica and does not trust it yet; for the readiness check. */
  notReady(): string | undefined {
    if (!this.#certificate || performance.now() - this.#started > MAX_UNREADY_MS) return undefined;
    if (!this.#view.isSynced) return "what admission is to check is not known yet";
    if (!this.#view.settings || this.#certificate.isTrusted) return undefined;
    return "the webhook configuration does not hold this replica's certificate yet";
  }

  get #address(): WebhookAddress | undefined {
    const { webhook, namespace } = this.#options;
    if (!webhook || !this.#server) return undefined;
    return webhook.url ? { url: `${webhook.url}:${this.#server.port}` } : { namespace };
  }

  /**
   * What the leader writes is changed by its own writes as well: one reconcile sees many changes. And a new MultusInstall's
   * own objects are applied first, because the API server compiles the expressions of a policy, on the CPU that they need.
   */
  #changed(): void {
    this.#replica?.enqueue(KEY);
    this.#leader?.queue.addAfter(KEY, BATCH_MS);
  }
}
