import type { NetworkStatusEntry } from "../pod-request/network-status.ts";
import { keyOf, type NetworkRequest } from "../pod-request/request.ts";
import type { ConfigVersion } from "./config-history.ts";

/** What is known of a NAD. */
export interface NetworkFacts {
  /** The name in its configuration: v3 reports that, errors name that. */
  cniName: string;
  /** What its plugins declare; undefined where that lies in a file on the nodes. */
  capabilities?: readonly string[];
  /** Oldest first. */
  versions?: readonly ConfigVersion[];
}

/** One requested network beside what was reported of it. */
export interface Attachment {
  request: NetworkRequest;
  /** Absent if nothing was reported. */
  entry?: NetworkStatusEntry;
}

/**
 * Requested and reported, by count: one NAD may be attached twice, and a plugin may make several interfaces.
 * A request for a certain interface takes that first. The cluster's own network, and what the pod has in its place, is
 * reported apart from the others. In time linear to both: a tenant writes either.
 */
export function attachmentsOf(
  requests: readonly NetworkRequest[],
  entries: readonly NetworkStatusEntry[],
  network: (namespace: string, name: string) => NetworkFacts | undefined,
): Attachment[] {
  const further = new Pool(entries.filter((entry) => !entry.default));
  const isFirstAsked = requests.some(({ isDefault }) => isDefault);
  const first = isFirstAsked ? new Pool(entries.filter((entry) => entry.default)) : further;
  const namesOf = (request: NetworkRequest) => [
    keyOf(request),
    // v3 reports the name in the configuration, which is the NAD's where that has none.
    network(request.namespace, request.name)?.cniName ?? request.name,
  ];
  const named = requests.map((request) =>
    request.interface === undefined || request.isDefault
      ? undefined
      : further.take(namesOf(request), request.interface),
  );
  return requests.map((request, index) => {
    const entry = named[index] ?? (request.isDefault ? first : further).take(namesOf(request));
    return entry ? { request, entry } : { request };
  });
}

/** Entries to be taken one by one, by name or by name and interface. */
class Pool {
  readonly #byName = new Map<string, Set<NetworkStatusEntry>>();
  readonly #byInterface = new Map<string, NetworkStatusEntry>();

  constructor(entries: readonly NetworkStatusEntry[]) {
    for (const entry of entries) {
      const same = this.#byName.get(entry.name);
      if (same) same.add(entry);
      else this.#byName.set(entry.name, new Set([entry]));
      this.#byInterface.set(`${entry.name}@${entry.interface}`, entry);
    }
  }

  take(names: readonly string[], device?: string): NetworkStatusEntry | undefined {
    for (const name of names) {
      const same = this.#byName.get(name);
      const wanted = this.#byInterface.get(`${name}@${device}`);
      const entry = device === undefined ? same?.values().next().value : wanted;
      if (entry && same?.delete(entry)) return entry;
    }
    return undefined;
  }
}
