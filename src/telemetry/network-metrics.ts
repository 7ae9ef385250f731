import { Gauge, type Registry } from "@prometheus-io/client";

/** What the metrics show of all networks and pods. */
export interface NetworkFigures {
  networks: { valid: number; invalid: number; unavailable: number };
  pods: { counts: Readonly<Record<string, number>> };
  duplicateAddresses: number;
  rangesNearlyUsedUp: number;
  rangesUsedUp: number;
}

/** Gauges of networks and pods. No series carries a name that users choose: their number does not grow with the cluster. */
export class NetworkMetrics {
  readonly #networks: Gauge<"state">;
  readonly #pods: Gauge<"outcome">;
  readonly #ranges: Gauge<"state">;
  readonly #duplicates: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#networks = new Gauge({
      name: "multus_operator_networks",
      help: "NetworkAttachmentDefinitions by state; one that is not valid is also unavailable",
      labelNames: ["state"],
      registers,
    });
    this.#pods = new Gauge({
      name: "multus_operator_pods",
      help: "Pods that request networks, by outcome",
      labelNames: ["outcome"],
      registers,
    });
    this.#ranges = new Gauge({
      name: "multus_operator_address_ranges",
      help: "Address ranges that are used up, or nearly (at most 10% of their addresses are free), by state",
      labelNames: ["state"],
      registers,
    });
    this.#duplicates = new Gauge({
      name: "multus_operator_duplicate_addresses",
      help: "Addresses that several pods in one layer-2 network use, counted for each affected NetworkAttachmentDefinition",
      registers,
    });
  }

  set(figures: NetworkFigures): void {
    for (const state of ["valid", "invalid", "unavailable"] as const)
      this.#networks.set({ state }, figures.networks[state]);
    for (const [outcome, count] of Object.entries(figures.pods.counts))
      if (outcome !== "not-applicable") this.#pods.set({ outcome }, count);
    this.#ranges.set({ state: "nearly_used_up" }, figures.rangesNearlyUsedUp);
    this.#ranges.set({ state: "used_up" }, figures.rangesUsedUp);
    this.#duplicates.set(figures.duplicateAddresses);
  }
}
