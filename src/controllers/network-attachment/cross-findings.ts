import { crossChecks } from "../../networks/cross-checks/cross-checks.ts";
import type { ClusterView, CrossFinding } from "../../networks/cross-checks/view.ts";

const NONE: readonly CrossFinding[] = [];

/**
 * The findings across objects, by NAD. They are of all NADs and nodes together, so they are looked for anew
 * not at each change but after a moment's quiet.
 */
export class CrossFindings {
  readonly #view: () => ClusterView;
  readonly #onChange: (network: string) => void;
  #byNetwork = new Map<string, readonly CrossFinding[]>();
  #timer: NodeJS.Timeout | undefined;
  #quietMs = 100;

  /** @param onChange told of each network whose findings changed */
  constructor(view: () => ClusterView, onChange: (network: string) => void) {
    this.#view = view;
    this.#onChange = onChange;
  }

  of(network: string): readonly CrossFinding[] {
    return this.#byNetwork.get(network) ?? NONE;
  }

  /** Looks anew soon. */
  invalidate(): void {
    this.#timer ??= setTimeout(() => this.refresh(), this.#quietMs);
  }

  refresh(): void {
    this.stop();
    const started = performance.now();
    const before = this.#byNetwork;
    this.#byNetwork = Map.groupBy(crossChecks(this.#view()), ({ namespace, name }) => `${namespace}/${name}`);
    for (const key of new Set([...before.keys(), ...this.#byNetwork.keys()]))
      if (JSON.stringify(before.get(key)) !== JSON.stringify(this.#byNetwork.get(key))) this.#onChange(key);
    // Thousands of NADs take a while, and the program has other things to do, too.
    this.#quietMs = Math.max(100, 20 * (performance.now() - started));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
