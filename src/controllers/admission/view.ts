import type { KnownNetwork, PodContext } from "../../admission/check-pod.ts";
import { CERTIFICATES, WEBHOOK_CONFIGURATION, WITH_POLICIES } from "../../admission/names.ts";
import type { AdmissionView } from "../../admission/reviewer.ts";
import { type AdmissionSettings, settingsOf } from "../../admission/settings.ts";
import type { Published } from "../../admission/trust.ts";
import { RESOURCE_NAME } from "../../cni/plugins/device.ts";
import { activeInstall } from "../../crds/multus-install/active-install.ts";
import {
  MULTUS_INSTALL,
  type MultusInstall,
  parseMultusInstall,
} from "../../crds/multus-install/multus-install.ts";
import type { KubeClient } from "../../kube/client.ts";
import { keyOf, Reflector } from "../../kube/reflector.ts";
import {
  type ApiObject,
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  type ResourceType,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../kube/resource.ts";
import { ByteBudget } from "../../networks/byte-budget.ts";
import type { SeenNetwork } from "../../networks/cross-checks/view.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import type { Logger } from "../../telemetry/logger.ts";

export interface ClusterViewOptions {
  client: KubeClient;
  log: Logger;
  /** The operator's own. */
  namespace: string;
  /** Told after each change but those of NADs. */
  onChange: () => void;
}

const NETWORKS: ResourceType = {
  group: "k8s.cni.cncf.io",
  version: "v1",
  kind: "NetworkAttachmentDefinition",
  plural: "network-attachment-definitions",
  namespaced: true,
};
/** The API server waits 3 s for an answer; it must not wait for this. */
const LOOKUP_TIMEOUT_MS = 500;

/**
 * What every replica knows of the cluster, whether it leads or not: the MultusInstall that counts, which NADs
 * there are (their names, and what a pod may ask of each), the replicas' certificates, and which of them the API server trusts.
 */
export class ClusterView implements AdmissionView {
  readonly #options: ClusterViewOptions;
  readonly #installs: Reflector<ApiObject>;
  readonly #definition: Reflector<boolean>;
  /** Only while their CRD is there. */
  #networks: Reflector<KnownNetwork> | undefined;
  readonly #certificates: Reflector<Published>;
  readonly #configuration: Reflector<ApiObject>;
  #stopped = false;
  /** Of each install, what admission depends on: its status changes often, and does not count. */
  readonly #reported = new Map<string, string>();
  #parsed: { of: ApiObject; install: MultusInstall | undefined } | undefined;

  constructor(options: ClusterViewOptions) {
    const { client, log, namespace, onChange } = options;
    this.#options = options;
    const named = (type: ResourceType, name: string) => ({
      client,
      log,
      type,
      fieldSelector: `metadata.name=${name}`,
      onChange,
    });
    this.#installs = new Reflector<ApiObject>({
      client,
      log,
      type: MULTUS_INSTALL,
      onChange: (name, install) => this.#installChanged(name, install),
      // The items of a list carry neither.
      project: (object) => ({ ...object, apiVersion: API_VERSION, kind: MULTUS_INSTALL.kind }),
    });
    this.#definition = new Reflector<boolean>({
      ...named(CUSTOM_RESOURCE_DEFINITIONS, NETWORK_DEFINITION),
      project: isEstablished,
      onChange: () => this.#watchNetworks(),
    });
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
    for (const watch of [this.#installs, this.#definition, this.#certificates, this.#configuration])
      watch.start();
  }

  /** Resolves when all but the NADs is known. Rejects as Reflector.whenSynced does. */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    await Promise.all(this.#needed.map((watch) => watch.whenSynced(signal, timeoutMs)));
  }

  /** Whether all of it was listed: before that, no MultusInstall only means that none was seen yet. */
  get isSynced(): boolean {
    return this.#needed.every((watch) => watch.isListed);
  }

  get #needed(): Reflector<unknown>[] {
    return [this.#installs, this.#certificates, this.#configuration] as Reflector<unknown>[];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const always = [this.#installs, this.#definition, this.#certificates, this.#configuration];
    await Promise.all([...always, this.#networks].map((watch) => watch?.stop()));
  }

  /** The MultusInstall that counts; undefined where there is none, it is being deleted, or it cannot be read. */
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
    return activeInstall(this.#installs.values());
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
  readonly network: PodContext["network"] = (namespace, name) =>
    this.#networks?.get(`${namespace}/${name}`) ?? this.#ask(namespace, name);

  async #ask(namespace: string, name: string): Promise<KnownNetwork> {
    if (name === "" || namespace === "") return "absent";
    try {
      const signal = AbortSignal.timeout(LOOKUP_TIMEOUT_MS);
      const found = await this.#options.client.get({ type: NETWORKS, namespace, name }, { signal });
      return found ? knownNetwork(found) : "absent";
    } catch (error) {
      this.#options.log.info({ err: error, namespace, name }, "whether a NAD exists could not be found out");
      return undefined;
    }
  }

  #installChanged(name: string, install: ApiObject | undefined): void {
    const { uid, generation, deletionTimestamp } = install?.metadata ?? {};
    const now = `${uid} ${generation} ${deletionTimestamp}`;
    if (this.#reported.get(name) === now) return;
    this.#reported.set(name, now);
    this.#options.onChange();
  }

  /** Without a definition a watch of its objects would only be answered with 404. */
  #watchNetworks(): void {
    const isDefined = this.#definition.get(NETWORK_DEFINITION) ?? false;
    if (this.#stopped || isDefined === (this.#networks !== undefined)) return;
    void this.#networks?.stop();
    this.#networks = undefined;
    if (!isDefined) return;
    const { client, log } = this.#options;
    const budget = new ByteBudget(MAX_NETWORK_BYTES);
    this.#networks = new Reflector<KnownNetwork>({
      client,
      log,
      type: NETWORKS,
      project: (object) => {
        const known = knownNetwork(object);
        const { config = "" } = known.nad ?? {};
        return budget.hold(keyOf(object), config.length + NAD_BYTES) ? known : { nad: undefined };
      },
      onChange: (key, known) => {
        if (!known) budget.release(key);
      },
      // The objects go a moment before their definition does.
      onDefined: () => {},
    });
    this.#networks.start();
  }
}

/** Tenants write any number of them, and pods are checked against the configuration of each: longer ones are not kept. */
const MAX_KEPT_LENGTH = 8_192;

/** Of NADs that do not fit, only that they exist is known. */
const MAX_NETWORK_BYTES = { total: 12 * 1024 * 1024, perNamespace: 2 * 1024 * 1024 };
/** Beside its configuration. */
const NAD_BYTES = 256;

function knownNetwork(object: ApiObject): { nad: SeenNetwork | undefined } {
  const { namespace = "", name, annotations } = object.metadata;
  const { config } = (object.spec ?? {}) as { config?: unknown };
  const resourceName = annotations?.[RESOURCE_NAME];
  if (typeof config !== "string" || config.length + (resourceName?.length ?? 0) > MAX_KEPT_LENGTH)
    return { nad: undefined };
  return { nad: { namespace, name, config, resourceName } };
}

const API_VERSION = `${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}`;

function isEstablished(definition: ApiObject): boolean {
  const { conditions } = (definition.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.some(({ type, status }) => type === "Established" && status === "True") ?? false;
}
