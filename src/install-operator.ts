import { CertificateApprover } from "./controllers/certificates/approver.ts";
import { InstallController } from "./controllers/install/controller.ts";
import { PodNodeTasks } from "./controllers/nodes/node-tasks.ts";
import { allInOrder } from "./controllers/shared/all-in-order.ts";
import { Caches } from "./controllers/shared/caches.ts";
import type { NetworkSummaryStore } from "./controllers/shared/network-summary.ts";
import { NodeInspections } from "./controllers/shared/node-inspections.ts";
import type { KubeClient } from "./kube/client.ts";
import type { EventRecorder } from "./kube/events.ts";
import type { OperatorImage } from "./render/operator-image.ts";
import type { Logger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface InstallOperatorOptions {
  client: KubeClient;
  log: Logger;
  metrics: Metrics;
  events: EventRecorder;
  /** Shared with other controllers; its own if not set. */
  caches?: Caches;
  /** What was found on nodes, for others to read. */
  inspections?: NodeInspections;
  networks?: NetworkSummaryStore;
  /** The operator's own image, for pods that inspect and clean nodes, and for probes; undefined creates none. */
  image?: OperatorImage | undefined;
  rolloutDeadlineSeconds?: number | undefined;
}

/** Installs Multus: the controller of MultusInstalls with the tasks on nodes and the certificates that it needs. */
export class InstallOperator {
  readonly #caches: Caches;
  readonly #nodeTasks: PodNodeTasks;
  readonly #certificates: CertificateApprover;
  readonly #controller: InstallController;

  constructor(options: InstallOperatorOptions) {
    const { client, log, metrics, events, image, networks, rolloutDeadlineSeconds } = options;
    const caches = options.caches ?? new Caches(client, log);
    const inspections = options.inspections ?? new NodeInspections();
    const { nodes } = caches;
    this.#caches = caches;
    this.#nodeTasks = new PodNodeTasks({ client, log, metrics, image, nodes, inspections });
    this.#certificates = new CertificateApprover({ client, log, metrics, events });
    this.#controller = new InstallController({
      ...{ client, log, metrics, events, caches, image, networks, rolloutDeadlineSeconds },
      nodeTasks: this.#nodeTasks,
      certificates: this.#certificates,
    });
  }

  async start(): Promise<void> {
    await this.#controller.start();
  }

  /** Stops the caches too, also those that it shares. */
  async stop(): Promise<void> {
    await allInOrder([
      this.#controller.stop(),
      this.#caches.stop(),
      this.#nodeTasks.stop(),
      this.#certificates.stop(),
    ]);
  }
}
