import { rfc3339 } from "../../crds/rfc3339.ts";
import { addressUse } from "../../networks/addresses.ts";
import type { ClusterView, SeenNode } from "../../networks/cross-checks/view.ts";
import { type Duplicate, duplicatesOn } from "../../networks/duplicates.ts";
import type { InstallView } from "../../networks/install-view.ts";
import { type LostNetwork, lostNetworksWarning } from "../../networks/lost-networks.ts";
import { NadReader, type ReadNad } from "../../networks/nad.ts";
import type { NadView } from "../../networks/nad-view.ts";
import type { PodView } from "../../networks/pod.ts";
import { reportStatusOf } from "../../networks/report.ts";
import type { SandboxFailure } from "../../networks/sandbox-failure.ts";
import { type NetworkSummary, type SummedReport, summaryOf } from "../../networks/summary.ts";
import type { NodeInspections } from "../shared/node-inspections.ts";
import { CrossFindings } from "./cross-findings.ts";
import { emitConditionEvents } from "./nad-events.ts";
import { type EventOutbox, eventOf } from "./pod-events.ts";
import { PodOutcomes, type Transition } from "./pod-outcomes.ts";
import type { Reporter } from "./reporter.ts";

export interface NetworksOptions {
  reporter: Reporter;
  nad: (key: string) => NadView | undefined;
  nads: () => NadView[];
  pod: (key: string) => PodView | undefined;
  pods: () => Iterable<readonly [string, PodView]>;
  nodes: () => SeenNode[];
  /** The MultusInstall that counts. */
  install: () => InstallView | undefined;
  inspections: NodeInspections;
  failure: (podUid: string) => SandboxFailure | undefined;
  outbox: EventOutbox;
  now: () => Date;
  /** A network whose report may say something else now, by "namespace/name". */
  onNetwork: (key: string) => void;
}

const NO_ISOLATION = { enabled: false, globalNamespaces: [] };

/** All NADs and pods as they are seen now, and the reports that say so. */
export class Networks {
  readonly #options: NetworksOptions;
  readonly #outcomes: PodOutcomes;
  readonly #cross: CrossFindings;
  readonly #nads: NadReader;
  /** Of each report, what the summary counts. */
  readonly #statuses = new Map<string, SummedReport>();
  /** How often a pod went from one outcome to another, for the names of its events. */
  readonly #transitions = new Map<string, number>();

  #nodes: SeenNode[] | undefined;

  constructor(options: NetworksOptions) {
    this.#options = options;
    this.#nads = new NadReader(options.nad, (key) => options.reporter.current(key)?.status.versions ?? []);
    this.#cross = new CrossFindings(() => this.#view(), options.onNetwork);
    this.#outcomes = new PodOutcomes({
      pod: options.pod,
      network: (namespace, name) => this.#nads.read(`${namespace}/${name}`)?.facts,
      failure: options.failure,
      isolation: () => options.install()?.isolation ?? NO_ISOLATION,
      onNetwork: options.onNetwork,
      onTransition: (transition) => this.#notify(transition),
    });
  }

  podChanged(key: string): void {
    this.#outcomes.update(key);
    if (!this.#options.pod(key)) this.#transitions.delete(key);
  }

  nadChanged(key: string): void {
    this.#nads.read(key);
    for (const pod of [...this.#outcomes.podsOf(key)]) this.#outcomes.update(pod);
    this.#cross.invalidate();
  }

  nodesChanged(): void {
    this.#nodes = undefined;
    this.#cross.invalidate();
  }

  everythingChanged(): void {
    for (const { namespace, name } of this.#options.nads()) this.#nads.read(`${namespace}/${name}`);
    for (const key of this.#nads.keys()) this.#nads.read(key);
    for (const [key] of this.#options.pods()) this.#outcomes.update(key);
    this.#nodes = undefined;
    this.#cross.refresh();
  }

  /** The networks that there are, and those that have a report. */
  keys(): string[] {
    return [...new Set([...this.#nads.keys(), ...this.#statuses.keys()])];
  }

  /** Brings one report to what is true. True when something was written. */
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
    const status = reportStatusOf(
      {
        network: read.network,
        generation: nad.generation,
        findings: read.findings,
        moreFindings: read.moreFindings,
        crossFindings: this.#cross.of(key),
        nodes: this.#nodesNow(),
        pods: this.#outcomes.reported(key),
        addresses: addressUse(read.network, this.#outcomes.holders(key, read.network.networkName)),
        duplicates: this.#duplicatesOf(key, read),
        versions: read.versions,
      },
      previous,
      rfc3339(now()),
    );
    const { conditions, ranges, duplicatesTotal, nodesLacking } = status;
    this.#statuses.set(key, { conditions, ranges, duplicatesTotal, nodesLacking });
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
      const pods = this.#outcomes
        .reported(network)
        .filter(({ kind }) => kind === "attached" || kind === "restart-needed").length;
      if (pods > 0) lost.push({ network, pods });
    }
    return lost;
  }

  stop(): void {
    this.#cross.stop();
  }

  /** Duplicates on its layer-2 network to which a pod of its own is party. */
  #duplicatesOf(key: string, { layer2 }: ReadNad): Duplicate[] {
    if (!layer2) return [];
    const own = this.#outcomes.podsOf(key);
    return duplicatesOn(layer2, this.#claimsOn(layer2.name)).filter(({ pods }) =>
      pods.some((pod) => own.has(pod)),
    );
  }

  *#claimsOn(layer2: string) {
    for (const [key, { network }] of this.#nads.onLayer2(layer2))
      yield* this.#outcomes.holders(key, network.networkName);
  }

  #nodesNow(): SeenNode[] {
    this.#nodes ??= this.#options
      .nodes()
      .map((node) => ({ ...node, inspection: this.#options.inspections.get(node.name) }));
    return this.#nodes;
  }

  #view(): ClusterView {
    const version = this.#options.install()?.version;
    const daemons = [...this.#options.pods()].filter(
      ([, { dhcpDaemon, phase }]) => dhcpDaemon && phase === "Running",
    );
    return {
      nads: this.#options.nads(),
      nodes: this.#nodesNow(),
      install: version === undefined ? undefined : { version },
      hidesOtherNamespaces: true,
      dhcpNodes: new Set(daemons.map(([, { node }]) => node)),
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
