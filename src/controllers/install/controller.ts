import { type MultusPodHealth, multusPodHealth } from "../../diagnosis/multus-pod-health.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Controller } from "../../kube/controller.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { PODS } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { OperatorImage } from "../../render/operator-image.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { Applier } from "../shared/applier.ts";
import type { Caches } from "../shared/caches.ts";
import type { DaemonCertificates } from "../shared/daemon-certificates.ts";
import type { NetworkSummaryStore } from "../shared/network-summary.ts";
import type { NodeTasks } from "../shared/node-tasks.ts";
import { SeenSince } from "../shared/seen-since.ts";
import { synced } from "../shared/synced.ts";
import { OwnedObjects } from "../shared/watched-objects.ts";
import { KubeletEvents } from "./observe/kubelet-events.ts";
import { SeenPods } from "./observe/seen-pods.ts";
import { PluginNeeds } from "./plugins/plugin-needs.ts";
import { reconcile } from "./reconcile.ts";
import { ROLLOUT_DEADLINE_SECONDS } from "./rollout/progress.ts";

const NAME = "multus-install";
/** Well below the 2 s within which drift is repaired. */
const BATCH_MS = 500;

export interface InstallControllerOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  events: EventRecorder;
  caches: Pick<Caches, "installs" | "nodes" | "nads">;
  nodeTasks: NodeTasks;
  certificates: DaemonCertificates;
  /** For status.networks and status.pods; without it the status has neither. */
  networks?: NetworkSummaryStore | undefined;
  /** The operator's own image, for probes. */
  image?: OperatorImage | undefined;
  /** A rollout that has not progressed for this long is stuck; ten minutes if not set. */
  rolloutDeadlineSeconds?: number | undefined;
}

/** With the guard's pods, whose label name is another. */
const MULTUS_PODS = "app=multus";

/** Watches MultusInstalls, what they own and Multus' pods, and reconciles every install when one of them changes. */
export class InstallController {
  readonly #options: InstallControllerOptions;
  readonly #log: Logger;
  readonly #controller: Controller;
  readonly #owned: OwnedObjects;
  readonly #kubeletEvents: KubeletEvents;
  readonly #pluginNeeds = new PluginNeeds();
  /** No MultusInstall has plugins installed until this is asked for: NADs are not read for it. */
  #needsPlugins = false;
  readonly #stopped = new AbortController();
  /** The caches may know installs before this replica leads. */
  #started = false;
  readonly #pods = new Map<string, Reflector<MultusPodHealth>>();

  constructor(options: InstallControllerOptions) {
    const { client, log, metrics, events, caches, nodeTasks, certificates, networks, image } = options;
    const { installs, nodes, nads } = caches;
    this.#options = options;
    this.#log = log.child({ controller: NAME });
    const enqueueSoon = () => this.#enqueueSoon();
    this.#owned = new OwnedObjects(client, this.#log, enqueueSoon);
    this.#kubeletEvents = new KubeletEvents(client.with({ signal: this.#stopped.signal }), enqueueSoon);
    // Which install is active depends on all of them: a change of one concerns each.
    installs.onChange(() => this.#enqueueAll());
    installs.onSync(enqueueSoon);
    nodes.onChange(enqueueSoon);
    nodes.onSync(enqueueSoon);
    nads.onChange((key) => {
      if (this.#needsPlugins && this.#pluginNeeds.isNews(key, nads.get(key))) this.#enqueueSoon();
    });
    for (const on of ["onListed", "onSync"] as const)
      nads[on](() => this.#needsPlugins && this.#enqueueSoon());
    nodeTasks.onChange(enqueueSoon);
    certificates.onRejected(enqueueSoon);
    networks?.onChange(enqueueSoon);
    const applier = new Applier(client, this.#owned);
    const seen = {
      pods: new SeenPods(),
      since: new SeenSince(),
      restoredTemplates: new Map<string, string>(),
    };
    this.#controller = new Controller({
      name: NAME,
      log,
      metrics,
      reconcile: (name, context) =>
        reconcile(
          name,
          {
            ...{ client, events, applier, installs, nodeTasks, certificates, image, seen },
            owned: this.#owned,
            nodes: () => nodes.all(context.signal),
            pluginsOfNetworks: () => this.#pluginsOfNetworks(context.signal),
            kubeletEvents: this.#kubeletEvents,
            pods: (namespace) => this.#podsOf(namespace, MULTUS_PODS, context.signal),
            podsOf: (namespace, app) => this.#podsOf(namespace, `app=${app}`, context.signal),
            networks: () => networks?.get(),
            unknownOfNetworks: () => networks?.unknown ?? [],
            now: () => new Date(),
            rolloutDeadlineSeconds: options.rolloutDeadlineSeconds ?? ROLLOUT_DEADLINE_SECONDS,
          },
          context,
        ),
    });
  }

  async start(): Promise<void> {
    const { installs } = this.#options.caches;
    this.#started = true;
    installs.start();
    this.#enqueueAll();
    await this.#controller.start(installs.whenSynced());
  }

  /** To be called together with the stop of the caches: a reconcile may wait for a list that only ends then. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#kubeletEvents.stop();
    await Promise.all([
      this.#controller.stop(),
      this.#owned.stop(),
      ...[...this.#pods.values()].map((pods) => pods.stop()),
    ]);
  }

  #enqueueAll(): void {
    if (!this.#started) return;
    for (const install of this.#options.caches.installs.values())
      this.#controller.enqueue(install.metadata.name);
  }

  /** A rollout over thousands of nodes changes pods and DaemonSets all the time: one reconcile sees many changes. */
  #enqueueSoon(): void {
    if (!this.#started) return;
    for (const install of this.#options.caches.installs.values())
      this.#controller.queue.addAfter(install.metadata.name, BATCH_MS);
  }

  async #pluginsOfNetworks(signal: AbortSignal): Promise<readonly string[]> {
    const { nads } = this.#options.caches;
    this.#needsPlugins = true;
    nads.start();
    await synced([nads], signal);
    return this.#pluginNeeds.of(nads.values());
  }

  async #podsOf(
    namespace: string,
    labelSelector: string,
    signal: AbortSignal,
  ): Promise<readonly MultusPodHealth[]> {
    const key = `${namespace} ${labelSelector}`;
    let pods = this.#pods.get(key);
    if (!pods) {
      pods = new Reflector<MultusPodHealth>({
        client: this.#options.client,
        log: this.#log,
        type: PODS,
        namespace,
        labelSelector,
        project: multusPodHealth,
        onChange: () => this.#enqueueSoon(),
        onSync: () => this.#enqueueSoon(),
      });
      this.#pods.set(key, pods);
      pods.start();
    }
    await synced([pods], signal);
    return pods.values();
  }
}
