import { crossChecks } from "../../networks/cross-checks/cross-checks.ts";
import type { ClusterView, CrossFinding } from "../../networks/cross-checks/view.ts";
import type { NadView } from "../../networks/nad-view.ts";

const NONE: readonly CrossFinding[] = [];

export interface CrossFindingsOptions {
  view: () => ClusterView;
  /** Every NAD of the view. */
  nads: () => NadView[];
  /** Called for each network whose findings changed. */
  onChange: (network: string) => void;
  /** Called for each NAD that was included for the first time, or for the first time since it changed. */
  onIncluded: (network: string) => void;
}

/**
 * The findings across objects, by NAD. They are of all NADs and nodes together, so they are computed again after a short
 * pause and not at each change.
 */
export class CrossFindings {
  readonly #options: CrossFindingsOptions;
  #byNetwork = new Map<string, readonly CrossFinding[]>();
  /** Of each NAD that the findings include, which version of it. */
  #included = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 100;

  constructor(options: CrossFindingsOptions) {
    this.#options = options;
  }

  /** Whether the findings are also of this NAD as it is now: until then it is not known that it has none. */
  includes(nad: NadView): boolean {
    return this.#included.get(keyOf(nad)) === versionOf(nad);
  }

  of(network: string): readonly CrossFinding[] {
    return this.#byNetwork.get(network) ?? NONE;
  }

  /** Computes them again soon. */
  invalidate(): void {
    this.#timer ??= setTimeout(() => this.refresh(), this.#pauseMs);
  }

  refresh(): void {
    this.stop();
    const started = performance.now();
    const before = this.#byNetwork;
    const included = this.#included;
    this.#included = new Map(this.#options.nads().map((nad) => [keyOf(nad), versionOf(nad)]));
    this.#byNetwork = Map.groupBy(crossChecks(this.#options.view()), keyOf);
    for (const key of new Set([...before.keys(), ...this.#byNetwork.keys()]))
      if (JSON.stringify(before.get(key)) !== JSON.stringify(this.#byNetwork.get(key)))
        this.#options.onChange(key);
    for (const [key, version] of this.#included)
      if (included.get(key) !== version) this.#options.onIncluded(key);
    // Thousands of NADs take a while, and the program has other things to do, too.
    this.#pauseMs = Math.max(100, 20 * (performance.now() - started));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** What is read of a NAD changes also when there is room for it. */
function versionOf({ uid, generation, tooLarge = "" }: NadView): string {
  return `${uid} ${generation} ${tooLarge}`;
}
