import type { KnownNetwork, PodContext } from "../../admission/check-pod.ts";
import { CERTIFICATES, WEBHOOK_CONFIGURATION, WITH_POLICIES } from "../../admission/names.ts";
import type { AdmissionView } from "../../admission/reviewer.ts";
import { type AdmissionSettings, settingsOf } from "../../admission/settings.ts";
import type { Published } from "../../admission/trust.ts";
import { type MultusInstall, parseMultusInstall } from "../../crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../crds/network-attachment-definition.ts";
import type { KubeClient } from "../../kube/client.ts";
import {
  type ApiObject,
  CONFIG_MAPS,
  type ResourceType,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { SeenNetwork } from "../../networks/cross-checks/view.ts";
import { type NadView, nadView } from "../../networks/nad-view.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Caches } from "../shared/caches.ts";
import type { InstallCache } from "../shared/install-cache.ts";
import type { NadCache } from "../shared/nad-cache.ts";

export interface ClusterViewOptions {
  client: KubeClient;
  caches: Pick<Caches, "installs" | "nads">;
  log: Logger;
  /** The operator's own. */
  namespace: string;
  /** Called after each change but those of NADs. */
  onChange: () => void;
}

/** The API server waits 3 s for an answer; it must not wait for this. */
const LOOKUP_TIMEOUT_MS = 500;
/**
 * Each lookup may open a connection, and one pod of a tenant may request 64 NADs that do not exist: beyond this many at a
 * time, whether a NAD exists stays unknown, and there is no warning of it.
 */
export const MAX_LOOKUPS = 8;

/**
 * What every replica knows of the cluster, whether it leads or not: the MultusInstall that counts, which NADs
 * there are (their names, and what a pod may ask of each), the replicas' certificates, and which of them the API server trusts.
 */
export class ClusterView implements AdmissionView {
  readonly #options: ClusterViewOptions;
  readonly #installs: InstallCache;
  readonly #nads: NadCache;
  readonly #certificates: Reflector<Published>;
  readonly #configuration: Reflector<ApiObject>;
  /** Of each install, what admission depends on: its status changes often, and does not count. */
  readonly #reported = new Map<string, string>();
  #lookups = 0;
  #parsed: { of: ApiObject; install: MultusInstall | undefined } | undefined;

  constructor(options: ClusterViewOptions) {
    const { client, caches, log, namespace, onChange } = options;
    this.#options = options;
    const named = (type: ResourceType, name: string) => ({
      client,
      log,
      type,
      fieldSelector: `metadata.name=${name}`,
      onChange,
    });
    this.#installs = caches.installs;
    this.#nads = caches.nads;
    caches.installs.onChange((name, install) => this.#installChanged(name, install));
    this.#certificates = new Reflector<Published>({
      ...named(CONFIG_MAPS, CERTIFICATES),
      namespace,
      project: (object) => (object.data ?? {}) as Published,
    });
    this.#configuration = new Reflector<ApiObject>({
      ...named(VALIDATING_WEBHOOK_CONFIGURATIONS, WEBHOOK_CONFIGURATION),
      project: (object) => ({
        ...object,
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: VALIDATING_WEBHOOK_CONFIGURATIONS.kind,
      }),
    });
  }

  start(): void {
    for (const watch of [this.#installs, this.#nads, this.#certificates, this.#configuration]) watch.start();
  }

  /** Resolves when all but the NADs is known. Rejects as Reflector.whenSynced does. */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    await Promise.all(this.#needed.map((watch) => watch.whenSynced(signal, timeoutMs)));
  }

  /** Whether all of it was listed: before that, no MultusInstall only means that none was seen yet. */
  get isSynced(): boolean {
    return this.#needed.every((watch) => watch.isListed);
  }

  get #needed() {
    return [this.#installs, this.#certificates, this.#configuration];
  }

  /** The caches, which others use too, are stopped by whoever created them. */
  async stop(): Promise<void> {
    await Promise.all([this.#certificates.stop(), this.#configuration.stop()]);
  }

  /** The active MultusInstall; undefined if there is none, it is being deleted, or it cannot be read. */
  get install(): MultusInstall | undefined {
    const live = this.liveInstall;
    if (!live || live.metadata.deletionTimestamp) return undefined;
    if (this.#parsed?.of !== live) {
      const parsed = parseMultusInstall(live);
      this.#parsed = { of: live, install: parsed.ok ? parsed.value : undefined };
    }
    return this.#parsed.install;
  }

  /** As it is in the cluster, readable or not. */
  get liveInstall(): ApiObject | undefined {
    return this.#installs.active;
  }

  get settings(): AdmissionSettings | undefined {
    const { install } = this;
    return install && settingsOf(install, this.#options.namespace);
  }

  /** The certificates that the replicas serve with; undefined where the ConfigMap is missing. */
  get published(): Published | undefined {
    return this.#certificates.get(`${this.#options.namespace}/${CERTIFICATES}`);
  }

  get webhookConfiguration(): ApiObject | undefined {
    return this.#configuration.get(WEBHOOK_CONFIGURATION);
  }

  get hasPolicies(): boolean {
    return this.webhookConfiguration?.metadata.annotations?.[WITH_POLICIES] === "true";
  }

  /** A NAD that was made a moment ago may not be in the copy yet: what the copy lacks is asked for. */
  readonly network: PodContext["network"] = (namespace, name) => {
    const nad = this.#nads.get(`${namespace}/${name}`);
    return nad ? knownNetwork(nad) : this.#ask(namespace, name);
  };

  async #ask(namespace: string, name: string): Promise<KnownNetwork> {
    if (name === "" || namespace === "") return "absent";
    if (this.#lookups === MAX_LOOKUPS) return undefined;
    this.#lookups++;
    try {
      const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MS);
      const found = await this.#options.client.get(
        { type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name },
        { signal },
      );
      return found ? knownNetwork(nadView(found)) : "absent";
    } catch (error) {
      this.#options.log.info({ err: error, namespace, name }, "whether a NAD exists could not be found out");
      return undefined;
    } finally {
      this.#lookups--;
    }
  }

  #installChanged(name: string, install: ApiObject | undefined): void {
    const { uid, generation, deletionTimestamp } = install?.metadata ?? {};
    const now = `${uid} ${generation} ${deletionTimestamp}`;
    if (this.#reported.get(name) === now) return;
    this.#reported.set(name, now);
    this.#options.onChange();
  }
}

/** Pods are checked against the configuration of each NAD that they request: longer ones are not checked. */
const MAX_CHECKED_LENGTH = 8_192;

/** Of NADs that are too large only that they exist is known. */
function knownNetwork({ namespace, name, config, tooLarge, resourceName }: NadView): {
  nad: SeenNetwork | undefined;
} {
  const isTooLarge =
    tooLarge !== undefined || config.length + (resourceName?.length ?? 0) > MAX_CHECKED_LENGTH;
  return { nad: isTooLarge ? undefined : { namespace, name, config, resourceName } };
}
