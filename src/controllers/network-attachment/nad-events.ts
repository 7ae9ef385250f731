import type { Condition } from "../../crds/conditions.ts";
import type { ApiObject } from "../../kube/resource.ts";
import type { NadView } from "../../networks/nad-view.ts";
import type { EventOutbox } from "./pod-events.ts";

/** Sends an event on the NAD for each condition that turned False, or True again. The report keeps the previous conditions, also over a restart of the operator. */
export function emitConditionEvents(
  { namespace, name, uid }: NadView,
  before: readonly Condition[],
  after: readonly Condition[],
  outbox: EventOutbox,
): void {
  const regarding: ApiObject = {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { namespace, name, uid },
  };
  for (const { type, status, reason, message } of after) {
    const last = before.find((condition) => condition.type === type);
    // An invalid NAD is not available either: one event is enough.
    const follows = type === "Available" && [reason, last?.reason].includes("Invalid");
    const isNews = status === "False" || (status === "True" && last?.status === "False");
    if (follows || last?.status === status || !isNews) continue;
    outbox.send(regarding, {
      type: status === "False" ? "Warning" : "Normal",
      reason: status === "False" ? reason : `${type}Again`,
      action: "Check",
      note: message || reason,
    });
  }
}
