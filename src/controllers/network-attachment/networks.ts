import { MOST } from "../../crds/network-attachment-report/report.ts";
import { rfc3339 } from "../../crds/rfc3339.ts";
import { AddressClaims } from "../../networks/addresses/address-claims.ts";
import type { ClusterView, SeenNode } from "../../networks/cross-checks/view.ts";
import type { InstallView } from "../../networks/install-view.ts";
import { NadReader } from "../../networks/nad.ts";
import type { NadView } from "../../networks/nad-view.ts";
import { type LostNetwork, lostNetworksWarning } from "../../networks/outcome/lost-networks.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";
import type { PodTable, TableObserver } from "../../networks/pod-table/pod-table.ts";
import type { PodView } from "../../networks/pod-view/pod-view.ts";
import { reportStatusOf } from "../../networks/report/report.ts";
import { type NetworkSummary, type SummedReport, summaryOf } from "../../networks/summary.ts";
import type { InspectionRound, NodeInspections } from "../shared/node-inspections.ts";
import { CrossFindings } from "./cross-findings.ts";
import { emitConditionEvents } from "./nad-events.ts";
import { PodAddresses } from "./pod-addresses.ts";
import { type EventOutbox, eventOf } from "./pod-events.ts";
import { PodOutcomes, type Transition } from "./pod-outcomes.ts";
import type { Reporter } from "./reporter.ts";
import { SharedPools } from "./shared-pools.ts";

export interface NetworksOptions {
  reporter: Reporter;
  nad: (key: string) => NadView | undefined;
  nads: () => NadView[];
  pods: PodTable;
  /** Whether everything was listed: until then a pod is known and not evaluated. */
  isReady: () => boolean;
  nodes: () => SeenNode[];
  /** The active MultusInstall. */
  install: () => InstallView | undefined;
  inspections: NodeInspections;
  /** Of a pod, by "namespace/name" and UID. */
  failure: (pod: string, uid: string) => SandboxFailure | undefined;
  outbox: EventOutbox;
  now: () => Date;
  /** A number that tenants cannot know. */
  salt: number;
  /** A pod was evaluated, or is gone. */
  onPod: () => void;
  /** A pod, by "namespace/name", is gone. */
  onGone: (pod: string) => void;
  /** A network whose report may differ now, by "namespace/name". */
  onNetwork: (key: string) => void;
  /** The cross checks of a NAD that is new or changed are done, by "namespace/name": its report can be written. */
  onChecked: (key: string) => void;
}

const NO_ISOLATION = { enabled: false, globalNamespaces: [] };

/** All NADs and pods as they are seen now, and the reports that show them. */
export class Networks implements TableObserver {
  readonly #options: NetworksOptions;
  readonly #outcomes: PodOutcomes;
  readonly #cross: CrossFindings;
  readonly #nads: NadReader;
  readonly #claims: AddressClaims;
  readonly #addresses: PodAddresses;
  readonly #shared: SharedPools;
  /** Of each report, what the summary counts. */
  readonly #statuses = new Map<string, SummedReport>();
  /** How often a pod went from one outcome to another, for the names of its events. */
  readonly #transitions = new Map<string, number>();

  #nodes: SeenNode[] | undefined;
  #round: InspectionRound = "none";

  constructor(options: NetworksOptions) {
    this.#options = options;
    this.#nads = new NadReader(options.nad, (key) => options.reporter.current(key)?.status.versions ?? []);
    this.#cross = new CrossFindings({
      view: () => this.#view(),
      nads: options.nads,
      onChange: options.onNetwork,
      onIncluded: options.onChecked,
    });
    this.#shared = new SharedPools({
      isOutdated: (key) => this.#isOutdated(key),
      onOutdated: options.onNetwork,
    });
    this.#claims = new AddressClaims(
      (key) => this.#nads.read(key),
      options.salt,
      (pool) => this.#shared.changed(pool),
    );
    this.#addresses = new PodAddresses(options.pods, this.#claims);
    this.#outcomes = new PodOutcomes({
      pods: options.pods,
      addresses: this.#addresses,
      network: (namespace, name) => this.#nads.read(`${namespace}/${name}`)?.facts,
      failure: options.failure,
      isolation: () => options.install()?.isolation ?? NO_ISOLATION,
      onNetwork: options.onNetwork,
      onTransition: (transition) => this.#notify(transition),
    });
  }

  leaves(slot: number): void {
    this.#outcomes.leaves(slot);
    this.#daemonChanged(slot);
  }

  enters(slot: number, view: PodView): void {
    if (!this.#options.isReady()) return;
    this.#outcomes.enters(slot, view);
    this.#daemonChanged(slot);
    this.#options.onPod();
  }

  replaced(slot: number, pod: string): void {
    this.#outcomes.replaced(slot);
    this.#transitions.delete(pod);
  }

  gone(slot: number, pod: string): void {
    this.#outcomes.gone(slot);
    this.#transitions.delete(pod);
    this.#options.onGone(pod);
    this.#options.onPod();
  }

  /** Something else than the pod itself changed that its outcome depends on. */
  podChanged(pod: string): void {
    const slot = this.#options.pods.slotOf(pod);
    if (slot < 0) return;
    this.#outcomes.update(slot);
    this.#options.onPod();
  }

  /** The pods leave by the old configuration and come in by the new one. */
  nadChanged(key: string): void {
    const slots = this.#outcomes.slotsOf(key);
    for (const slot of slots) this.#outcomes.leaves(slot);
    this.#claims.forget(key);
    this.#nads.read(key);
    for (const slot of slots) this.#outcomes.enters(slot);
    this.#cross.invalidate();
  }

  nodesChanged(): void {
    this.#nodes = undefined;
    this.#cross.invalidate();
    const { round } = this.#options.inspections;
    if (round === this.#round) return;
    this.#round = round;
    if (!this.#options.isReady()) return;
    // Reports have what an earlier operator found until now, and the new findings take its place.
    this.#cross.refresh();
    for (const key of this.keys()) this.#options.onNetwork(key);
  }

  everythingChanged(): void {
    const slots = [...this.#options.pods.slots()];
    for (const slot of slots) this.#outcomes.leaves(slot);
    this.#options.pods.reread();
    for (const { namespace, name } of this.#options.nads()) this.#claims.forget(`${namespace}/${name}`);
    for (const key of this.#nads.keys()) this.#claims.forget(key);
    for (const { namespace, name } of this.#options.nads()) this.#nads.read(`${namespace}/${name}`);
    for (const key of this.#nads.keys()) this.#nads.read(key);
    for (const slot of slots) this.#outcomes.enters(slot);
    this.#nodes = undefined;
    this.#cross.refresh();
  }

  /** The networks that there are, and those that have a report. */
  keys(): string[] {
    return [...new Set([...this.#nads.keys(), ...this.#statuses.keys()])];
  }

  /** Whether a NAD's cross checks are still to be done: a report before that could call a broken network available. */
  isUnchecked(key: string): boolean {
    const nad = this.#options.nad(key);
    return nad !== undefined && !this.#cross.includes(nad);
  }

  /** Brings one report up to date. True if something was written. */
  async report(key: string, signal: AbortSignal): Promise<boolean> {
    const { nad: nadOf, reporter, now } = this.#options;
    const nad = nadOf(key);
    const read = this.#nads.read(key);
    if (!nad || !read) {
      const [namespace = "", name = ""] = key.split("/");
      this.#statuses.delete(key);
      return await reporter.remove(namespace, name, signal);
    }
    const previous = reporter.current(key)?.status ?? {};
    const { total, outside } = this.#addresses.outside(key, MOST.outside);
    const status = reportStatusOf(
      {
        network: read.network,
        generation: nad.generation,
        findings: read.findings,
        moreFindings: read.moreFindings,
        crossFindings: this.#cross.of(key),
        nodes: this.#nodesNow(),
        isFirstRound: this.#options.inspections.round === "first",
        pods: this.#outcomes.reported(key),
        addresses: { ranges: this.#claims.ranges(key), outsideTotal: total, outside },
        duplicates: this.#addresses.duplicates(key),
        versions: read.versions,
      },
      previous,
      rfc3339(now()),
    );
    const { conditions, ranges, duplicatesTotal, nodesLacking } = status;
    const pools = this.#claims.pools(key);
    this.#statuses.set(key, { conditions, ranges, pools, duplicatesTotal, nodesLacking });
    const written = await reporter.write(nad, status, signal);
    if (written)
      emitConditionEvents(nad, previous.conditions ?? [], status.conditions ?? [], this.#options.outbox);
    return written;
  }

  summary(): NetworkSummary {
    const lost = lostNetworksWarning(this.#lost());
    const interfacesOf = (node: string) => this.#options.inspections.get(node)?.interfaces ?? [];
    return {
      ...summaryOf(this.#statuses, this.#outcomes.summed(), interfacesOf),
      ...(lost === undefined ? {} : { warnings: [lost] }),
    };
  }

  /** NADs that pods have and that do not exist. */
  #lost(): LostNetwork[] {
    const lost: LostNetwork[] = [];
    for (const network of this.#outcomes.networks()) {
      if (this.#nads.read(network)) continue;
      const pods = this.#outcomes.attached(network);
      if (pods > 0) lost.push({ network, pods });
    }
    return lost;
  }

  stop(): void {
    this.#cross.stop();
    this.#shared.stop();
  }

  /** Whether a report shows other numbers of its ranges than there are now. One that was not written yet will show these. */
  #isOutdated(key: string): boolean {
    const status = this.#statuses.get(key);
    return status !== undefined && !this.#claims.isAsFull(key, status.ranges ?? []);
  }

  #nodesNow(): SeenNode[] {
    this.#nodes ??= this.#options
      .nodes()
      .map((node) => ({ ...node, inspection: this.#options.inspections.get(node.name) }));
    return this.#nodes;
  }

  /** The record of a pod comes or goes: a daemon that runs is part of what its node offers. */
  #daemonChanged(slot: number): void {
    const { isReady, pods } = this.#options;
    if (isReady() && pods.isRunningDhcpDaemon(slot)) this.#cross.invalidate();
  }

  #view(): ClusterView {
    const { version, clusterNetwork } = this.#options.install() ?? {};
    const { pods } = this.#options;
    const daemons = [...pods.slots()].filter((slot) => pods.isRunningDhcpDaemon(slot));
    return {
      nads: this.#options.nads(),
      nodes: this.#nodesNow(),
      install: version === undefined ? undefined : { version, clusterNetwork },
      hidesOtherNamespaces: true,
      dhcpNodes: new Set(daemons.map((slot) => pods.node(slot))),
    };
  }

  #notify(transition: Transition): void {
    const { pod, view, before, after } = transition;
    if (after.kind === "bypassed" && view.node !== "") this.#options.inspections.suspect(view.node);
    const nth = (this.#transitions.get(pod) ?? -1) + 1;
    const event = eventOf(transition, nth);
    if (!event) return;
    if (before !== undefined) this.#transitions.set(pod, nth);
    const [namespace = "", name = ""] = pod.split("/");
    this.#options.outbox.send(
      { apiVersion: "v1", kind: "Pod", metadata: { namespace, name, uid: view.uid } },
      event,
    );
  }
}
