import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { NetworkAttachmentController } from "../../../src/controllers/network-attachment/controller.ts";
import { Caches } from "../../../src/controllers/shared/caches.ts";
import { NetworkSummaryStore } from "../../../src/controllers/shared/network-summary.ts";
import { NodeInspections } from "../../../src/controllers/shared/node-inspections.ts";
import { customResourceDefinitions } from "../../../src/crds/definitions.ts";
import { parseMultusInstall } from "../../../src/crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../src/crds/network-attachment-definition.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
  reportStatus,
} from "../../../src/crds/network-attachment-report/report.ts";
import { KubeClient, type RequestInfo } from "../../../src/kube/client.ts";
import { type Connection, connect } from "../../../src/kube/connection.ts";
import { EventRecorder } from "../../../src/kube/events.ts";
import {
  type ApiObject,
  CORE_EVENTS,
  CUSTOM_RESOURCE_DEFINITIONS,
  NAMESPACES,
  PODS,
  pathOf,
  type ResourceType,
  SERVICE_ACCOUNTS,
} from "../../../src/kube/resource.ts";
import { Reflector } from "../../../src/kube/watch/reflector.ts";
import { networkDefinition } from "../../../src/render/definition.ts";
import { createLogger } from "../../../src/telemetry/logger.ts";
import { Metrics } from "../../../src/telemetry/metrics.ts";
import { NetworkMetrics } from "../../../src/telemetry/network-metrics.ts";
import { waitUntil } from "../../cluster/daemon.ts";
import { untilEstablished } from "../../cluster/established.ts";

export interface PodOptions {
  namespace?: string;
  networks?: string;
  /** The annotation default-network. */
  first?: string;
  /** The status annotation. */
  status?: object[];
  phase?: "Pending" | "Running" | "Succeeded" | "Unknown";
  node?: string;
  hostNetwork?: boolean;
  containers?: object[];
}

const DEFINITIONS = "network-attachment-definitions.k8s.cni.cncf.io";

/** NADs and pods as plain API objects: what kubelets and Multus would write is written here. */
export class World {
  readonly connection: Connection;
  readonly client: KubeClient;

  constructor(kubeconfig: string) {
    this.connection = connect({ kubeconfig });
    this.client = new KubeClient(this.connection);
  }

  async installOwnDefinitions(): Promise<void> {
    for (const crd of customResourceDefinitions()) await this.#define(crd as ApiObject);
  }

  async installNetworkDefinition(): Promise<void> {
    const parsed = parseMultusInstall(load(readFileSync("manifests/samples/multusinstall.yaml", "utf8")));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    await this.#define(networkDefinition(parsed.value) as ApiObject);
  }

  async removeNetworkDefinition(): Promise<void> {
    await this.client.delete({ type: CUSTOM_RESOURCE_DEFINITIONS, name: DEFINITIONS });
  }

  /** With the service account that admission wants pods to have. */
  async namespace(name: string): Promise<void> {
    await this.client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    await this.serviceAccount(name);
  }

  async serviceAccount(namespace: string): Promise<void> {
    await this.client.create(SERVICE_ACCOUNTS, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace },
    });
  }

  async nad(
    name: string,
    config: object | string,
    more: { namespace?: string; annotations?: Record<string, string> } = {},
  ): Promise<ApiObject> {
    const { namespace = "default", annotations = {} } = more;
    return await this.client.apply<ApiObject>(
      { type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name },
      {
        apiVersion: "k8s.cni.cncf.io/v1",
        kind: "NetworkAttachmentDefinition",
        metadata: { name, namespace, annotations },
        spec: { config: typeof config === "string" ? config : JSON.stringify(config) },
      },
      { fieldManager: "test", force: true },
    );
  }

  async removeNad(name: string, namespace = "default"): Promise<void> {
    await this.client.delete({ type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name });
  }

  /** A pod as a kubelet with Multus would leave it. */
  async pod(name: string, options: PodOptions = {}): Promise<ApiObject> {
    const {
      namespace = "default",
      networks,
      first,
      status,
      phase = "Pending",
      node = "",
      hostNetwork = false,
    } = options;
    const pod = await this.client.create<ApiObject>(PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace,
        annotations: {
          ...(networks === undefined ? {} : { "k8s.v1.cni.cncf.io/networks": networks }),
          ...(first === undefined ? {} : { "v1.multus-cni.io/default-network": first }),
        },
      },
      spec: {
        ...(node === "" ? {} : { nodeName: node }),
        ...(hostNetwork ? { hostNetwork } : {}),
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        containers: options.containers ?? [{ name: "c", image: "busybox" }],
      },
    });
    if (status !== undefined) await this.reportStatus(name, status, namespace);
    if (phase !== "Pending") await this.podStatus(name, phase, namespace);
    return pod;
  }

  async podStatus(name: string, phase: string, namespace = "default"): Promise<void> {
    const podIP = phase === "Running" ? "10.0.0.1" : "";
    await this.client.patch({ type: PODS, namespace, name }, { status: { phase, podIP } }, "status");
  }

  /** As Multus does at the end of an attachment. */
  async reportStatus(name: string, status: object[], namespace = "default"): Promise<void> {
    const annotations = { "k8s.v1.cni.cncf.io/network-status": JSON.stringify(status) };
    await this.client.json({
      method: "PATCH",
      path: pathOf({ type: PODS, namespace, name }, "status"),
      query: { fieldManager: "multus" },
      body: { metadata: { annotations } },
      contentType: "application/merge-patch+json",
    });
  }

  async removePod(name: string, namespace = "default"): Promise<void> {
    await this.client.delete({ type: PODS, namespace, name });
  }

  /** The kubelet's event that a sandbox could not be made. @param host the kubelet's node, if the event names it */
  async sandboxFailure(pod: ApiObject, error: string, host?: string): Promise<ApiObject> {
    const { name, namespace = "default", uid } = pod.metadata;
    const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    return await this.client.create<ApiObject>(CORE_EVENTS, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${crypto.randomUUID().slice(0, 8)}`, namespace },
      involvedObject: { apiVersion: "v1", kind: "Pod", name, namespace, uid },
      reason: "FailedCreatePodSandBox",
      type: "Warning",
      message: `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "0af3": ${error}`,
      source: { component: "kubelet", ...(host ? { host } : {}) },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    });
  }

  async report(name: string, namespace = "default"): Promise<ReportStatus | undefined> {
    const object = await this.client.get<ApiObject>({ type: NETWORK_ATTACHMENT_REPORT, namespace, name });
    return object?.status === undefined ? undefined : reportStatus.parse(object.status);
  }

  /** Calls `onStatus` with each status that a report has from now on, of any namespace. */
  async watchReports(onStatus: (name: string, status: ReportStatus) => void): Promise<AsyncDisposable> {
    const watch = new Reflector<ReportStatus>({
      client: this.client,
      type: NETWORK_ATTACHMENT_REPORT,
      log: createLogger("error"),
      project: ({ status }) => (status === undefined ? undefined : reportStatus.parse(status)),
      onChange: (key, status) => {
        if (watch.isSynced && status) onStatus(key, status);
      },
    });
    watch.start();
    await watch.whenSynced();
    return { [Symbol.asyncDispose]: () => watch.stop() };
  }

  /** Waits until the report says so. Its status, and how long that took, ms. */
  async reportWhere(
    name: string,
    holds: (status: ReportStatus) => boolean,
    { namespace = "default", timeoutMs = 120_000 } = {},
  ): Promise<{ status: ReportStatus; tookMs: number }> {
    const started = performance.now();
    let status: ReportStatus = {};
    await waitUntil(
      `the report of ${namespace}/${name}, which is ${JSON.stringify(status)}`,
      async () => {
        status = (await this.report(name, namespace)) ?? {};
        return holds(status);
      },
      { timeoutMs },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last seen: ${JSON.stringify(status).slice(0, 2000)}`);
    });
    return { status, tookMs: performance.now() - started };
  }

  /** Events of the operator about an object of this name: reason and type. */
  async eventsOf(name: string, namespace = "default"): Promise<string[]> {
    const { items } = await this.client.list<ApiObject>(CORE_EVENTS, {
      namespace,
      fieldSelector: `involvedObject.name=${name}`,
    });
    return items
      .filter(({ reportingComponent }) => reportingComponent !== "")
      .map(({ reason }) => String(reason));
  }

  async #define(crd: ApiObject): Promise<void> {
    const ref = { type: CUSTOM_RESOURCE_DEFINITIONS, name: crd.metadata.name };
    await this.client.apply(ref, crd, { fieldManager: "test", force: true });
    await untilEstablished(this, crd.metadata.name);
  }
}

/** The controller as the operator runs it, with its requests recorded. */
export class RunningController {
  readonly requests: RequestInfo[] = [];
  readonly inspections = new NodeInspections();
  readonly summary = new NetworkSummaryStore();
  readonly metrics = new Metrics();
  readonly #caches: Caches;
  readonly #controller: NetworkAttachmentController;
  readonly #connection: Connection;

  constructor(kubeconfig: string) {
    this.#connection = connect({ kubeconfig });
    const log = createLogger("error");
    const client = new KubeClient(this.#connection, {
      before: (request) => void this.requests.push(request),
    });
    this.#caches = new Caches(client, log);
    this.#controller = new NetworkAttachmentController({
      client,
      caches: this.#caches,
      log,
      metrics: this.metrics,
      networkMetrics: new NetworkMetrics(this.metrics.registry),
      events: new EventRecorder(client, log, {
        controller: "multus-operator.dev/network-attachment",
        instance: "test",
      }),
      inspections: this.inspections,
      summary: this.summary,
    });
  }

  async start(): Promise<void> {
    await this.#controller.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#controller.stop(), this.#caches.stop()]);
    await this.#connection.close();
  }

  get writes(): RequestInfo[] {
    return this.requests.filter(({ method }) => method !== "GET");
  }
}

export type { ResourceType };
