import type { KubeClient } from "../../kube/client.ts";
import { Controller, type ReconcileContext, type Result } from "../../kube/controller.ts";
import { ApiError } from "../../kube/errors.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { type ApiObject, CERTIFICATE_SIGNING_REQUESTS, NODES, PODS } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { DaemonCertificates } from "../shared/daemon-certificates.ts";
import { Listeners } from "../shared/listeners.ts";
import { SeenSince } from "../shared/seen-since.ts";
import { evaluate, SIGNER, signingRequest } from "./csr-policy.ts";
import { isDaemonPod } from "./daemon-pod.ts";
import { ApprovalRights } from "./rights.ts";

const NAME = "certificates";
/** A daemon asks as soon as it starts, perhaps before the API server has heard of its pod. */
const SOON_SECONDS = 2;
/** The daemon gives up after two minutes, and is started again; s. */
const YOUNG_SECONDS = 120;
const LATER_SECONDS = 60;

export interface ApproverOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  events: EventRecorder;
}

/**
 * Approves the certificate requests of Multus' daemons, while an install has them on (docs/adr/0012). What is
 * not a daemon's is left to others; what pretends to be one is denied. Every decision is made from the request
 * as the API server has it at that moment, and is written to that very version of it.
 */
export class CertificateApprover implements DaemonCertificates {
  readonly #rights: ApprovalRights;
  readonly #rejections = new Listeners();
  /** Since when each request waits for its daemon to be known. */
  readonly #waiting = new SeenSince();
  readonly #options: ApproverOptions;
  readonly #log: Logger;
  readonly #controller: Controller;
  #requests: Reflector<true> | undefined;
  #namespace: string | undefined;
  #started = false;

  constructor(options: ApproverOptions) {
    const { client, log, metrics } = options;
    this.#options = options;
    this.#log = log.child({ controller: NAME });
    this.#rights = new ApprovalRights(client);
    this.#controller = new Controller({
      name: NAME,
      log,
      metrics,
      reconcile: (name, context) => this.#reconcile(name, context),
    });
  }

  /** Approves for the daemons in this namespace from now on; undefined: for none. */
  serve(namespace: string | undefined): void {
    if (namespace === this.#namespace) return;
    this.#namespace = namespace;
    void this.#requests?.stop();
    this.#requests = undefined;
    if (namespace === undefined) return;
    this.#log.info({ namespace }, "certificate requests of Multus' daemons are approved");
    this.#requests = new Reflector<true>({
      client: this.#options.client,
      log: this.#log,
      type: CERTIFICATE_SIGNING_REQUESTS,
      fieldSelector: `spec.signerName=${SIGNER}`,
      project: (object) => (evaluate(signingRequest.parse(object)).kind === "NotOurs" ? undefined : true),
      onChange: (name, kept) => {
        if (kept) this.#controller.enqueue(name);
        else this.#waiting.forget(name);
      },
    });
    this.#requests.start();
    if (this.#started) return;
    this.#started = true;
    // Each decision asks the API server itself: nothing has to be listed before.
    void this.#controller.start(Promise.resolve());
  }

  /** Throws a MayNotApprove that names the first right that is missing. */
  async assertMayApprove(signal: AbortSignal): Promise<void> {
    await this.#rights.assertHeld(signal);
  }

  /** `listener` is called when the API server has rejected an approval: the install's status is to show it. */
  onRejected(listener: () => void): void {
    this.#rejections.add(listener);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#controller.stop(), this.#requests?.stop()]);
  }

  async #reconcile(name: string, { log, signal }: ReconcileContext): Promise<Result> {
    const namespace = this.#namespace;
    if (namespace === undefined) return {};
    const live = await this.#options.client.get<ApiObject>(
      { type: CERTIFICATE_SIGNING_REQUESTS, name },
      { signal },
    );
    if (!live) return {};
    const request = signingRequest.parse(live);
    const decision = evaluate(request);
    if (decision.kind === "NotOurs") return {};
    if (decision.kind === "Denied") {
      await this.#decide(live, "Denied", `It names Multus' group, and ${decision.why}`, signal);
      log.warn({ why: decision.why, requester: request.spec.username }, "certificate denied");
      return {};
    }
    const { node } = decision;
    if (!(await this.#runsDaemon(node, namespace, signal))) {
      const seconds = this.#waiting.seconds(name, live.metadata.uid ?? "");
      log.debug({ node }, "no daemon of the install is known on this node; left alone for now");
      return { requeueAfterSeconds: seconds < YOUNG_SECONDS ? SOON_SECONDS : LATER_SECONDS };
    }
    await this.#decide(live, "Approved", `It is the request of the Multus daemon on node ${node}`, signal);
    log.info({ node, requester: request.spec.username }, "certificate approved");
    return {};
  }

  /** Asked of the API server: a copy may be of a moment ago, and the answer is a key to the cluster. */
  async #runsDaemon(node: string, namespace: string, signal: AbortSignal): Promise<boolean> {
    const { client } = this.#options;
    if (!(await client.get({ type: NODES, name: node }, { signal }))) return false;
    const pods = await client.list(PODS, {
      namespace,
      labelSelector: "app=multus,name=multus",
      fieldSelector: `spec.nodeName=${node}`,
      signal,
    });
    return pods.items.some(isDaemonPod);
  }

  async #decide(
    live: ApiObject,
    type: "Approved" | "Denied",
    message: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { name } = live.metadata;
    const status = (live.status ?? {}) as { conditions?: object[] };
    const condition = { type, status: "True", reason: "MultusDaemon", message };
    try {
      await this.#options.client.replace(
        { type: CERTIFICATE_SIGNING_REQUESTS, name },
        { ...live, status: { ...status, conditions: [...(status.conditions ?? []), condition] } },
        { subresource: "approval", signal },
      );
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return;
      if (error instanceof ApiError && error.status === 403) {
        this.#rights.forget();
        this.#rejections.notify();
      }
      throw error;
    }
    await this.#options.events.with({ signal }).send(live, {
      type: type === "Approved" ? "Normal" : "Warning",
      reason: `Certificate${type}`,
      action: type === "Approved" ? "Approve" : "Deny",
      note: message,
      key: type,
    });
  }
}
