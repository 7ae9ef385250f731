import { compareTexts } from "../../../crds/compare-texts.ts";
import { MULTUS_INSTALL } from "../../../crds/multus-install/multus-install.ts";
import { type ApiObject, CORE_EVENTS } from "../../../kube/resource.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** Events on cluster-scoped objects are in this namespace. */
const NAMESPACE = "default";

interface ApiEvent extends ApiObject {
  message?: string;
  eventTime?: string | null;
  lastTimestamp?: string | null;
  involvedObject?: { kind?: string; name?: string };
}

/** What the last deletion of a MultusInstall left. */
export interface UncleanedNodes {
  install: string;
  /** RFC 3339 */
  at: string;
  message: string;
}

/**
 * By the operator's event: kubectl delete ends without an error once the object is gone, and the object cannot show it.
 * Undefined if there is no such event (the API server keeps events for an hour), or events may not be read.
 */
export async function uncleanedNodes(reader: PermittedReader): Promise<UncleanedNodes | undefined> {
  const where = { namespace: NAMESPACE, fieldSelector: "reason=NodesNotCleaned" };
  const events = await reader.all(CORE_EVENTS, where, (object): UncleanedNodes | undefined => {
    const { message = "", eventTime, lastTimestamp, involvedObject } = object as ApiEvent;
    if (involvedObject?.kind !== MULTUS_INSTALL.kind) return undefined;
    return { install: involvedObject.name ?? "", at: eventTime ?? lastTimestamp ?? "", message };
  });
  return events?.toSorted((a, b) => compareTexts(a.at, b.at)).at(-1);
}
