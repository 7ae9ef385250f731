import { compareTexts } from "../../crds/compare-texts.ts";
import { listed } from "../../crds/listed.ts";

/** A NAD that does not exist, and the pods that have its network since a time when it did. */
export interface LostNetwork {
  network: string;
  pods: number;
}

const MAX_NAMES = 5;

/**
 * A sentence for the status: such a pod keeps its network while it runs, and cannot start again. Undefined if there is
 * none. All NADs are lost at once when their CRD is deleted.
 */
export function lostNetworksWarning(lost: readonly LostNetwork[]): string | undefined {
  if (lost.length === 0) return undefined;
  const sorted = lost.toSorted((a, b) => compareTexts(a.network, b.network));
  const pods = lost.reduce((sum, one) => sum + one.pods, 0);
  const names = listed(
    sorted.map(({ network }) => network),
    MAX_NAMES,
  );
  const [use, nads] =
    lost.length === 1
      ? ["a NetworkAttachmentDefinition that no longer exists", "it"]
      : [`${lost.length} NetworkAttachmentDefinitions that no longer exist`, "them"];
  const who = pods === 1 ? "1 running pod uses" : `up to ${pods} running pods use`;
  return `${who} ${use} (${names}): create ${nads} again before the ${pods === 1 ? "pod restarts" : "pods restart"}`;
}
