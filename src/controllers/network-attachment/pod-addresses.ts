import type { AddressClaims, Held } from "../../networks/addresses/address-claims.ts";
import type { Duplicate } from "../../networks/addresses/layer2-claims.ts";
import type { ParsedNetworkStatus } from "../../networks/pod-request/network-status.ts";
import type { PodTable } from "../../networks/pod-table/pod-table.ts";
import { statusOf } from "../../networks/pod-view/packed-status.ts";

/** Where a pod runs, and what Multus reported of it. */
interface Reported {
  node: string;
  status?: ParsedNetworkStatus | undefined;
}

/** The addresses that pods have in their networks, claimed as pods come and go. */
export class PodAddresses {
  readonly #pods: PodTable;
  readonly #claims: AddressClaims;

  constructor(pods: PodTable, claims: AddressClaims) {
    this.#pods = pods;
    this.#claims = claims;
  }

  /**
   * Claims what a pod has in its networks, which v3 reports by their CNI names, or gives it back. Pods that are going away are
   * left out, and those whose status someone else than Multus wrote: addresses raise alerts, and fill ranges.
   * @param by 1 to claim, -1 to give back
   * @param known what is known of the slot's pod, if it was read already
   */
  claim(slot: number, by: 1 | -1, known?: Reported): void {
    const networks = this.#pods.networks(slot);
    if (!this.#pods.holdsAddresses(slot) || !networks.some((network) => this.#claims.counts(network))) return;
    const { node, status } = known ?? this.#reported(slot);
    for (const network of networks)
      for (const held of this.#held(status, network, networks))
        if (by > 0) this.#claims.add(network, slot, node, held);
        else this.#claims.remove(network, slot, node, held);
  }

  /** No pod asks for the network any longer. */
  forget(network: string): void {
    this.#claims.unrequested(network);
  }

  /** Addresses on the network's layer-2 network that several pods have, one of which is a pod of the network. */
  duplicates(network: string): Duplicate[] {
    const found: Duplicate[] = [];
    for (const { address, slots } of this.#claims.duplicates(network))
      if (slots.some((slot) => this.#pods.networks(slot).includes(network)))
        found.push({ address, pods: slots.map((slot) => this.#pods.key(slot)).toSorted() });
    return found.toSorted((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** Addresses of the network's pods in none of its ranges: of all their number, of the first by pod what they are. */
  outside(network: string, most: number): { total: number; outside: { address: string; pod: string }[] } {
    const counts = this.#claims.outside(network);
    const outside = [...counts.keys()]
      .map((slot) => ({ slot, pod: this.#pods.key(slot) }))
      .toSorted((a, b) => (a.pod < b.pod ? -1 : 1))
      .slice(0, most)
      .flatMap(({ slot, pod }) =>
        this.#held(this.#reported(slot).status, network, this.#pods.networks(slot))
          .flatMap(({ ips }) => ips)
          .filter((ip) => this.#claims.isOutside(network, ip))
          .map((address) => ({ address, pod })),
      );
    return { total: [...counts.values()].reduce((sum, n) => sum + n, 0), outside: outside.slice(0, most) };
  }

  #reported(slot: number): Reported {
    const view = this.#pods.view(slot);
    return { node: view.node, status: statusOf(view) };
  }

  /** What the pod has in one of its networks. Of several with one CNI name v3 reports that name for each, in their order. */
  #held(status: Reported["status"], network: string, networks: readonly string[]): readonly Held[] {
    if (!status?.ok) return [];
    const cniName = this.#claims.cniName(network);
    const exact = status.entries.filter(({ name }) => name === network);
    const named = status.entries.filter(({ name }) => name === cniName);
    if (named.length === 0) return exact;
    const sharing = networks.filter((other) => this.#claims.cniName(other) === cniName);
    if (sharing.length === 1) return [...exact, ...named];
    return [...exact, ...named.filter((_, n) => named.length === sharing.length && sharing[n] === network)];
  }
}
