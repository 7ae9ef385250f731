import { compareTexts } from "../compare-texts.ts";
/** What deciding between several MultusInstalls needs to know of each: an object as the API server has it will do. */
export interface InstallRef {
  metadata: {
    name: string;
    /** RFC 3339, whole seconds, as the API server writes it. */
    creationTimestamp?: string | undefined;
  };
}

/**
 * The one MultusInstall that takes effect: the oldest, and by name if two are of the same second. A node has
 * one /etc/cni/net.d, so two installs would undo each other's work (docs/adr/0017).
 */
export function activeInstall<T extends InstallRef>(installs: Iterable<T>): T | undefined {
  return [...installs].toSorted(byAge)[0];
}

function byAge({ metadata: a }: InstallRef, { metadata: b }: InstallRef): number {
  return compareTexts(a.creationTimestamp ?? "", b.creationTimestamp ?? "") || compareTexts(a.name, b.name);
}
