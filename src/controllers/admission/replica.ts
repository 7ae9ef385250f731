import { type ServingCertificate, selfSigned } from "../../admission/certificate.ts";
import type { AdmissionMetrics } from "../../admission/metrics.ts";
import { CERTIFICATES } from "../../admission/names.ts";
import { nextStep, published, type Rotation, step } from "../../admission/rotation.ts";
import { isTrustedBy, replicaKey } from "../../admission/trust.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Result } from "../../kube/controller.ts";
import { CONFIG_MAPS } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { ClusterView } from "./view.ts";

export interface ReplicaOptions {
  client: KubeClient;
  log: Logger;
  metrics: AdmissionMetrics;
  view: ClusterView;
  /** The operator's own. */
  namespace: string;
  /** The pod's name. */
  name: string;
  /** The names that the API server calls the webhook by. */
  hosts: readonly string[];
  now?: (() => Date) | undefined;
}

const DAY_MS = 86_400_000;
/** Kubernetes' own certificates live a year; this one is renewed automatically, and is shorter lived. */
const LIFETIME_MS = 90 * DAY_MS;
/** Timers run late, and not at all beyond 24 days: the clock is looked at this often, s. */
const MAX_WAIT_SECONDS = 6 * 3600;

/** The certificate of one replica: served, published, and changed before it ends. */
export class ReplicaCertificate {
  readonly #options: ReplicaOptions;
  readonly #key: string;
  readonly #now: () => Date;
  #rotation: Rotation;
  #serve: (certificate: ServingCertificate) => void = () => {};

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#key = replicaKey(options.name);
    this.#now = options.now ?? (() => new Date());
    this.#rotation = { phase: "serving", current: this.#make() };
    options.metrics.serving(this.current.notAfter);
  }

  get current(): ServingCertificate {
    return this.#rotation.current;
  }

  /** Whether the API server has to trust the certificate that is served. */
  get isTrusted(): boolean {
    return this.#isTrusted(this.current.certificate);
  }

  /** Called with each certificate that is to be served from now on. */
  onChange(serve: (certificate: ServingCertificate) => void): void {
    this.#serve = serve;
  }

  /** Takes the steps that are due, and publishes what clients are to trust while admission is wanted. */
  async reconcile(signal: AbortSignal): Promise<Result> {
    const now = this.#now().getTime();
    for (let next = this.#step(now); next !== this.#rotation; next = this.#step(now)) this.#enter(next);
    if (this.#options.view.settings) await this.#publish(signal);
    const wait = Math.ceil((nextStep(this.#rotation) - now) / 1000);
    return { requeueAfterSeconds: Math.min(Math.max(wait, 1), MAX_WAIT_SECONDS) };
  }

  #step(now: number): Rotation {
    return step(this.#rotation, {
      now,
      isTrusted: (certificate) => this.#isTrusted(certificate),
      make: () => this.#make(),
    });
  }

  #enter(next: Rotation): void {
    const before = this.#rotation;
    this.#rotation = next;
    this.#options.log.info(
      { phase: next.phase, until: next.current.notAfter },
      "the webhook's certificate changes",
    );
    if (next.current === before.current) return;
    this.#serve(next.current);
    this.#options.metrics.serving(next.current.notAfter);
  }

  /** Each replica is a field manager of its own, and so writes its own key only. */
  async #publish(signal: AbortSignal): Promise<void> {
    const { client, namespace, view, log } = this.#options;
    const text = published(this.#rotation).join("");
    if (view.published?.[this.#key] === text) return;
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: CERTIFICATES, namespace },
      data: { [this.#key]: text },
    };
    await client.apply({ type: CONFIG_MAPS, namespace, name: CERTIFICATES }, object, {
      fieldManager: `multus-operator-${this.#key}`.slice(0, 128),
      force: true,
      signal,
    });
    log.info("the webhook's certificate is published");
  }

  #isTrusted(certificate: string): boolean {
    const { webhooks } = (this.#options.view.webhookConfiguration ?? {}) as {
      webhooks?: { clientConfig?: { caBundle?: string } }[];
    };
    return (
      webhooks !== undefined &&
      webhooks.length > 0 &&
      webhooks.every(({ clientConfig }) => isTrustedBy(clientConfig?.caBundle, certificate))
    );
  }

  #make(): ServingCertificate {
    return selfSigned(this.#options.hosts, this.#now(), LIFETIME_MS);
  }
}
