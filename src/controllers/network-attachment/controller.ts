import { randomInt } from "node:crypto";
import { NETWORK_ATTACHMENT_REPORT } from "../../crds/network-attachment-report/report.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Controller, type ReconcileContext, type Result } from "../../kube/controller.ts";
import { isStopped } from "../../kube/errors.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { CORE_EVENTS, keyOf } from "../../kube/resource.ts";
import { Reflector, type ReflectorOptions } from "../../kube/watch/reflector.ts";
import { ByteBudget } from "../../networks/byte-budget.ts";
import { type InstallView, installView } from "../../networks/install-view.ts";
import { bytesOf, type FailureView, failureView } from "../../networks/outcome/sandbox-event.ts";
import type { PodView } from "../../networks/pod-view/pod-view.ts";
import { type ReportView, reportView } from "../../networks/report/report-view.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { NetworkMetrics } from "../../telemetry/network-metrics.ts";
import type { Caches } from "../shared/caches.ts";
import type { NetworkSummaryStore } from "../shared/network-summary.ts";
import type { NodeInspections } from "../shared/node-inspections.ts";
import { rejections } from "../shared/synced.ts";
import { Networks } from "./networks.ts";
import { PodCopy } from "./pod-copy.ts";
import { EventOutbox } from "./pod-events.ts";

import { readRejectedPod } from "./rejected-pod.ts";
import { ReportPace } from "./report-pace.ts";
import { Reporter } from "./reporter.ts";
import { SandboxFailures } from "./sandbox-failures.ts";
import { TokenRejections } from "./token-rejections.ts";

const NAME = "network-attachment";
const SUMMARY_INTERVAL_MS = 1000;
/** What may be kept of events: anyone may create them, and the API server keeps each for an hour. */
const MAX_EVENT_BYTES = { total: 16 * 1024 * 1024, perNamespace: 2 * 1024 * 1024 };
const REPORTS_UNKNOWN =
  "the CRD of NetworkAttachmentReport is missing, so no reports are written: Helm does not upgrade CRDs. Run `multus-operator crds | kubectl apply --server-side --force-conflicts -f -`, or apply the chart's crds/ directory";

export interface NetworkAttachmentOptions {
  client: KubeClient;
  caches: Caches;
  log: Logger;
  metrics: Metrics;
  networkMetrics: NetworkMetrics;
  events: EventRecorder;
  inspections: NodeInspections;
  summary: NetworkSummaryStore;
}

/** Watches NADs and the pods that ask for them, and keeps a report of each NAD. */
export class NetworkAttachmentController {
  readonly #options: NetworkAttachmentOptions;
  readonly #log: Logger;
  readonly #controller: Controller;
  readonly #networks: Networks;
  readonly #outbox: EventOutbox;
  readonly #failures: SandboxFailures;
  readonly #copy = new PodCopy();
  readonly #watches: Reflector<unknown>[] = [];
  readonly #pods: Reflector<PodView>;
  readonly #reports: Reflector<ReportView>;
  readonly #caches: Caches;
  /** Limits how often a report is written because of pods; a change of the NAD itself does not wait. */
  readonly #pace = new ReportPace();
  #listed = false;
  /** Whether the cluster knows NetworkAttachmentReport. */
  #defined = true;
  /** The active MultusInstall, as far as networks depend on it. */
  #install: InstallView | undefined;
  readonly #tokenRejections: TokenRejections;
  #summing: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: NetworkAttachmentOptions) {
    const { client, log, metrics, caches } = options;
    this.#options = options;
    this.#caches = caches;
    this.#log = log.child({ controller: NAME });
    this.#outbox = new EventOutbox(options.events);
    this.#controller = new Controller({
      name: NAME,
      log,
      metrics,
      workers: 4,
      reconcile: (key, context) => this.#reconcile(key, context),
    });
    this.#failures = new SandboxFailures((pod) => this.#recheckPod(pod));
    this.#pods = this.#reflect<PodView>(this.#copy.watched);
    this.#tokenRejections = this.#newTokenRejections();
    this.#watchFailures();
    const reporter = new Reporter(
      client,
      (key) => this.#reports.get(key),
      () => this.#defined,
    );
    this.#reports = this.#watchReports(reporter);
    this.#networks = this.#networksOf(reporter);
    this.#copy.table.observe(this.#networks);
    this.#followCaches();
  }

  #followCaches(): void {
    const { installs, nodes, nads } = this.#caches;
    installs.onChange(() => this.#installChanged());
    nodes.onOffersChange(() => this.#networks.nodesChanged());
    nads.onChange((key) => this.#nadChanged(key));
    nads.onListed(() => this.#recheckAll());
    for (const cache of [installs, nodes, nads]) cache.onSync(() => this.#synced());
    this.#options.inspections.onChange(() => this.#networks.nodesChanged());
  }

  /** Of nodes whose Multus the API server turns away, by the events of their kubelets. */
  #newTokenRejections(): TokenRejections {
    const { client, inspections } = this.#options;
    return new TokenRejections({
      pod: (namespace, name) => readRejectedPod(client, namespace, name),
      hasNode: (name) => this.#caches.nodes.has(name),
      now: () => Date.now(),
      monotonic: () => performance.now(),
      onChange: (node, rejection) => inspections.setRejection(node, rejection),
      onError: (error) =>
        this.#log.warn({ err: error }, "cannot read the pod of an event, which does not count"),
    });
  }

  /** Watches the kubelets' events on sandboxes that could not be created. */
  #watchFailures(): void {
    const budget = new ByteBudget(MAX_EVENT_BYTES);
    const events = this.#reflect({
      type: CORE_EVENTS,
      fieldSelector: "reason=FailedCreatePodSandBox,involvedObject.kind=Pod",
      project: (object) => {
        const failure = failureView(object);
        return failure && budget.hold(keyOf(object), bytesOf(failure)) ? failure : undefined;
      },
      onChange: (key, failure) => {
        if (!failure) budget.release(key);
        this.#failures.set(key, failure);
        if (failure && this.#isOfItsPod(failure)) this.#options.inspections.suspect(failure.node);
        void this.#tokenRejections.set(key, failure, events.isListed);
      },
    });
  }

  #watchReports(reporter: Reporter): Reflector<ReportView> {
    return this.#reflect<ReportView>({
      type: NETWORK_ATTACHMENT_REPORT,
      project: reportView,
      onChange: (key, report) => {
        if (!report) reporter.forget(key);
        this.#enqueueSoon(key); // after each write of our own, too
      },
      onDefined: (defined) => this.#reportsDefined(defined),
    });
  }

  #networksOf(reporter: Reporter): Networks {
    const { nodes, nads } = this.#caches;
    return new Networks({
      reporter,
      nad: (key) => nads.get(key),
      nads: () => nads.values(),
      pods: this.#copy.table,
      isReady: () => this.#ready,
      nodes: () => nodes.offers(),
      install: () => this.#install,
      inspections: this.#options.inspections,
      failure: (pod, uid) => this.#failures.of(pod, uid),
      outbox: this.#outbox,
      now: () => new Date(),
      salt: randomInt(2 ** 32),
      onPod: () => this.#sumSoon(),
      onGone: (pod) => this.#copy.forget(pod),
      onNetwork: (key) => this.#enqueueSoon(key),
      onChecked: (key) => this.#enqueue(key),
    });
  }

  /** Resolves when everything was listed once and the workers run, or when it is stopped. */
  async start(): Promise<void> {
    const watches = this.#watched;
    for (const watch of watches) watch.start();
    try {
      await Promise.all(watches.map((watch) => watch.whenSynced()));
    } catch (error) {
      if (isStopped(error)) return;
      throw error;
    }
    if (this.#stopped) return;
    this.#listed = true;
    this.#installChanged(); // it may have been listed before this replica led
    this.#recheckAll();
    await this.#controller.start(Promise.resolve());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#summing);
    this.#networks.stop();
    this.#tokenRejections.stop();
    await Promise.all([
      this.#controller.stop(),
      this.#outbox.stop(),
      ...this.#watches.map((watch) => watch.stop()),
    ]);
  }

  async #reconcile(key: string, { signal }: ReconcileContext): Promise<Result> {
    if (this.#networks.isUnchecked(key)) return {}; // onChecked follows
    const written = await this.#pace.run(key, () => this.#networks.report(key, signal));
    if (!this.#caches.nads.get(key)) this.#pace.forget(key);
    if (written) this.#sumSoon();
    return {};
  }

  /** Helm upgrades no CRDs: a chart from before the reports leaves a cluster that does not know them. */
  #reportsDefined(defined: boolean): void {
    this.#defined = defined;
    if (defined) this.#log.info({}, "the CRD of NetworkAttachmentReport exists: reports are written");
    else this.#log.error({}, REPORTS_UNKNOWN);
    this.#recheckAll();
  }

  #reflect<T>(options: Omit<ReflectorOptions<T>, "client" | "log">): Reflector<T> {
    const reflector = new Reflector<T>({
      ...{ ...options, client: this.#options.client, log: this.#log },
      onSync: () => this.#synced(),
    });
    this.#watches.push(reflector as Reflector<unknown>);
    return reflector;
  }

  /** What the server forbids to read is shown in the install's status: reports would show what once was. */
  #synced(): void {
    this.#options.summary.setUnknown(rejections(this.#watched));
  }

  /** An install's status changes often, also because of the summary that is made here. */
  #installChanged(): void {
    const { active } = this.#caches.installs;
    const before = this.#install;
    this.#install = active && installView(active);
    const settingsOf = (install: InstallView | undefined) =>
      JSON.stringify([
        install?.version,
        install?.isolation,
        install?.multusNamespace,
        install?.clusterNetwork,
      ]);
    if (settingsOf(before) === settingsOf(this.#install)) return;
    this.#copy.multusNamespace = this.#install?.multusNamespace;
    this.#recheckAll();
  }

  get #watched() {
    const { installs, nodes, nads } = this.#caches;
    return [...this.#watches, installs, nodes, nads];
  }

  /** Everything was listed: what is missing then does not exist. */
  get #ready(): boolean {
    return this.#listed && this.#caches.nads.listed && !this.#stopped;
  }

  /** Anyone may create events: one of a known pod on its own node is reason enough to inspect that node. */
  #isOfItsPod({ pod, uid, node }: FailureView): boolean {
    const known = this.#pods.get(pod);
    return node !== "" && known?.uid === uid && known.node === node;
  }

  #nadChanged(key: string): void {
    if (!this.#ready) return;
    this.#networks.nadChanged(key);
    this.#enqueue(key);
    this.#sumSoon();
  }

  #recheckPod(pod: string): void {
    if (!this.#ready) return;
    this.#networks.podChanged(pod);
  }

  #recheckAll(): void {
    if (!this.#ready) return;
    this.#networks.everythingChanged();
    for (const key of this.#networks.keys()) this.#enqueue(key);
    // Also of NADs that went in the meantime.
    for (const [key] of this.#reports.entries()) this.#enqueue(key);
    this.#sumSoon();
  }

  #enqueue(key: string): void {
    if (this.#ready) this.#controller.enqueue(key);
  }

  #enqueueSoon(key: string): void {
    if (this.#ready) this.#controller.queue.addAfter(key, this.#pace.delayOf(key));
  }

  #sumSoon(): void {
    this.#summing ??= setTimeout(() => {
      this.#summing = undefined;
      if (!this.#ready) return;
      const summary = this.#networks.summary();
      if (!this.#defined) summary.warnings = [REPORTS_UNKNOWN, ...(summary.warnings ?? [])];
      this.#options.summary.set(summary);
      this.#options.networkMetrics.set(summary);
    }, SUMMARY_INTERVAL_MS);
  }
}
