/** What deciding between several MultusInstalls needs to know of each. */
export interface Contender {
  name: string;
  uid: string;
  /** RFC 3339, whole seconds, as the API server writes it. */
  creationTimestamp: string;
}

/**
 * The one MultusInstall that may act: the oldest, and by name where two are of the same second. A node has
 * one /etc/cni/net.d, so two installs would undo each other's work (docs/adr/0017).
 */
export function winner<T extends Contender>(contenders: readonly T[]): T | undefined {
  return contenders.toSorted(byAge)[0];
}

function byAge(a: Contender, b: Contender): number {
  return compare(a.creationTimestamp, b.creationTimestamp) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
