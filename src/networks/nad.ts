import { checkNetworkConfig, tooLargeFinding } from "../cni/check.ts";
import type { Finding } from "../cni/finding.ts";
import { KEPT_CONFIG, MOST } from "../crds/network-attachment-report/report.ts";
import { type Layer2, layer2Of } from "./addresses/layer2-claims.ts";
import { type Network, readNetwork } from "./cross-checks/network.ts";
import type { NadView } from "./nad-view.ts";
import { factsOf } from "./node-requirements.ts";
import type { NetworkFacts } from "./outcome/attachments.ts";
import type { ConfigVersion } from "./outcome/config-history.ts";

/** What was read of one NAD. */
export interface ReadNad {
  network: Network;
  /** The first, errors before warnings. */
  findings: readonly Finding[];
  /** How many more there are. */
  moreFindings: number;
  layer2: Layer2 | undefined;
  facts: NetworkFacts;
  versions: readonly ConfigVersion[];
}

/** Reads NADs, each once until it changes, and knows which share a layer-2 network. */
export class NadReader {
  readonly #nad: (key: string) => NadView | undefined;
  readonly #versions: (key: string) => readonly ConfigVersion[];
  readonly #read = new Map<string, ReadNad & { nad: NadView; of: string }>();
  readonly #byLayer2 = new Map<string, Set<string>>();

  /** @param versions those that the NAD's report holds: what the operator saw before it was restarted */
  constructor(
    nad: (key: string) => NadView | undefined,
    versions: (key: string) => readonly ConfigVersion[],
  ) {
    this.#nad = nad;
    this.#versions = versions;
  }

  /** Undefined if there is no such NAD. */
  read(key: string): ReadNad | undefined {
    const nad = this.#nad(key);
    const known = this.#read.get(key);
    if (known && known.nad === nad) return known;
    const of =
      nad && `${nad.uid} ${nad.generation} ${nad.hash} ${nad.resourceName ?? ""} ${nad.tooLarge ?? ""}`;
    if (known && nad && known.of === of) {
      known.nad = nad;
      return known;
    }
    if (known) this.#forget(key, known);
    if (!nad || of === undefined) return undefined;
    const network = readNetwork(nad);
    const versions = versionsOf(nad, known?.versions ?? this.#versions(key));
    const layer2 = layer2Of(network);
    const findings = findingsOf(nad);
    const read = {
      nad,
      of,
      network,
      versions,
      layer2,
      findings: findings.slice(0, MOST.findings),
      moreFindings: Math.max(0, findings.length - MOST.findings),
      facts: factsOf(network, versions),
    };
    this.#read.set(key, read);
    if (layer2) this.#byLayer2.set(layer2.name, (this.#byLayer2.get(layer2.name) ?? new Set()).add(key));
    return read;
  }

  keys(): string[] {
    return [...this.#read.keys()];
  }

  /** The NADs of one layer-2 network. */
  *onLayer2(name: string): Generator<[string, ReadNad]> {
    for (const key of this.#byLayer2.get(name) ?? []) {
      const read = this.#read.get(key);
      if (read) yield [key, read];
    }
  }

  #forget(key: string, { layer2 }: ReadNad): void {
    this.#read.delete(key);
    const same = layer2 && this.#byLayer2.get(layer2.name);
    same?.delete(key);
    if (layer2 && same?.size === 0) this.#byLayer2.delete(layer2.name);
  }
}

function findingsOf({ name, config, resourceName, tooLarge }: NadView): Finding[] {
  if (tooLarge !== undefined) return [tooLargeFinding(tooLarge)];
  return checkNetworkConfig(config, { networkName: name, resourceName }).toSorted(
    (a, b) => Number(b.severity === "error") - Number(a.severity === "error"),
  );
}

/** The versions seen so far and, where it is another, the NAD's own. */
function versionsOf(nad: NadView, before: readonly ConfigVersion[]): ConfigVersion[] {
  if (before.at(-1)?.hash === nad.hash) return [...before];
  const version: ConfigVersion = {
    since: nad.changedAt,
    generation: nad.generation,
    hash: nad.hash,
    ...(nad.tooLarge === undefined && nad.config.length <= KEPT_CONFIG ? { config: nad.config } : {}),
  };
  return [...before, version].slice(-MOST.versions);
}
