import { MULTUS_INSTALL } from "../../crds/multus-install/multus-install.ts";
import { type MultusPodView, multusPodView } from "../../diagnosis/multus-pod.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Controller } from "../../kube/controller.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { Reflector } from "../../kube/reflector.ts";
import { type ApiObject, PODS } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { CertificateApprover } from "../certificates/approver.ts";
import { NodeTasks } from "../nodes/node-tasks.ts";
import type { TaskImage } from "../nodes/task-pod.ts";
import { Applier } from "../shared/applier.ts";
import type { NetworkSummaryStore } from "../shared/network-summary.ts";
import { NewestCopies } from "../shared/newest-copies.ts";
import { ClusterNodes } from "../shared/node-cache.ts";
import { NodeInspections } from "../shared/node-inspections.ts";
import { synced } from "../shared/synced.ts";
import { OwnedObjects } from "../shared/watched-objects.ts";
import { KubeletEvents } from "./observe/kubelet-events.ts";
import { reconcile } from "./reconcile.ts";
import { ROLLOUT_DEADLINE_SECONDS } from "./rollout/progress.ts";

const NAME = "multus-install";
/** Well below the 2 s within which drift is mended. */
const BATCH_MS = 500;

export interface InstallControllerOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  events: EventRecorder;
  /** For status.networks and status.pods; without it the status has neither. */
  networks?: NetworkSummaryStore;
  /** The operator's own image, for the pods that look at nodes and clean them. */
  taskImage?: TaskImage | undefined;
  /** Where what was found on nodes is kept, for others to read. */
  inspections?: NodeInspections;
  /** A rollout that has not moved for so long is stuck; ten minutes if not said. */
  rolloutDeadlineSeconds?: number | undefined;
}

/** Watches MultusInstalls, what they own and Multus' pods, and reconciles every install when one of them changes. */
export class InstallController {
  readonly #options: InstallControllerOptions;
  readonly #log: Logger;
  readonly #controller: Controller;
  readonly #installs: Reflector<ApiObject>;
  readonly #newest = new NewestCopies((name) => this.#installs.get(name));
  readonly #owned: OwnedObjects;
  readonly #nodes: ClusterNodes;
  readonly #nodeTasks: NodeTasks;
  readonly #certificates: CertificateApprover;
  readonly #kubeletEvents: KubeletEvents;
  readonly #stopped = new AbortController();
  readonly #pods = new Map<string, Reflector<MultusPodView>>();

  constructor(options: InstallControllerOptions) {
    const { client, log, metrics, events, taskImage } = options;
    this.#options = options;
    this.#log = log.child({ controller: NAME });
    this.#owned = new OwnedObjects(client, this.#log, () => this.#enqueueSoon());
    this.#nodes = new ClusterNodes(
      client,
      this.#log,
      (name) => {
        this.#nodeTasks.nodeChanged(name);
        this.#enqueueSoon();
      },
      () => this.#enqueueSoon(),
    );
    options.networks?.onChange(() => this.#enqueueSoon());
    const applier = new Applier(client, this.#owned);
    this.#nodeTasks = new NodeTasks({
      client,
      log: this.#log,
      metrics,
      image: taskImage,
      nodes: this.#nodes,
      inspections: options.inspections ?? new NodeInspections(),
      onChange: () => this.#enqueueSoon(),
    });
    this.#certificates = new CertificateApprover({
      client,
      log,
      metrics,
      events,
      onRefused: () => this.#enqueueSoon(),
    });
    this.#kubeletEvents = new KubeletEvents(client.with({ signal: this.#stopped.signal }), () =>
      this.#enqueueSoon(),
    );
    this.#installs = new Reflector<ApiObject>({
      client,
      log: this.#log,
      type: MULTUS_INSTALL,
      project: (object) => ({
        ...object,
        apiVersion: `${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}`,
        kind: MULTUS_INSTALL.kind,
      }),
      // Which install counts depends on all of them: a change of one concerns each.
      onChange: (name, install) => {
        if (!install) this.#newest.forget(name);
        this.#enqueueAll();
      },
      onSync: () => this.#enqueueSoon(),
    });
    this.#controller = new Controller({
      name: NAME,
      log,
      metrics,
      reconcile: (name, context) =>
        reconcile(
          name,
          {
            client,
            events,
            applier,
            installs: {
              whenSynced: (signal, timeoutMs) => this.#installs.whenSynced(signal, timeoutMs),
              get: (install) => this.#newest.get(install),
              values: () => this.#installs.values(),
              wrote: (answer) => this.#newest.wrote(answer.metadata.name, answer),
            },
            owned: this.#owned,
            nodes: () => this.#nodes.all(context.signal),
            nodeTasks: this.#nodeTasks,
            certificates: this.#certificates,
            kubeletEvents: this.#kubeletEvents,
            image: options.taskImage,
            pods: (namespace) => this.#podsOf(namespace, context.signal),
            networks: () => options.networks?.get(),
            unknownOfNetworks: () => options.networks?.unknown ?? [],
            now: () => new Date(),
            rolloutDeadlineSeconds: options.rolloutDeadlineSeconds ?? ROLLOUT_DEADLINE_SECONDS,
          },
          context,
        ),
    });
  }

  async start(): Promise<void> {
    this.#installs.start();
    await this.#controller.start(this.#installs.whenSynced());
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#kubeletEvents.stop();
    // Together: a reconcile may wait for a list that only ends when its watch is stopped.
    await Promise.all([
      this.#controller.stop(),
      this.#installs.stop(),
      this.#owned.stop(),
      this.#nodes.stop(),
      this.#nodeTasks.stop(),
      this.#certificates.stop(),
      ...[...this.#pods.values()].map((pods) => pods.stop()),
    ]);
  }

  #enqueueAll(): void {
    for (const install of this.#installs.values()) this.#controller.enqueue(install.metadata.name);
  }

  /** A rollout over thousands of nodes changes pods and DaemonSets all the time: one look sees many changes. */
  #enqueueSoon(): void {
    for (const install of this.#installs.values())
      this.#controller.queue.addAfter(install.metadata.name, BATCH_MS);
  }

  async #podsOf(namespace: string, signal: AbortSignal): Promise<readonly MultusPodView[]> {
    let pods = this.#pods.get(namespace);
    if (!pods) {
      pods = new Reflector<MultusPodView>({
        client: this.#options.client,
        log: this.#log,
        type: PODS,
        namespace,
        // With the guard's pods, whose label name is another.
        labelSelector: "app=multus",
        project: multusPodView,
        onChange: () => this.#enqueueSoon(),
        onSync: () => this.#enqueueSoon(),
      });
      this.#pods.set(namespace, pods);
      pods.start();
    }
    await synced([pods], signal);
    return pods.values();
  }
}
