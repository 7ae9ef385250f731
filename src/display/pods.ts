import { type Attachment, keyOf } from "../networks/attachments.ts";
import type { OutcomeKind, PodOutcome } from "../networks/outcome.ts";
import { table } from "./table.ts";

export interface ShownPod {
  namespace: string;
  name: string;
  node: string;
  outcome: PodOutcome;
}

/** Those that somebody has to look at: a pod that only waits may be one of them soon, and a restart is a user's choice. */
const WELL: readonly OutcomeKind[] = ["attached", "not-applicable", "pending"];

export function isFailing({ outcome }: ShownPod): boolean {
  return !WELL.includes(outcome.kind);
}

/** Requested and reported side by side, a line an attachment. */
export function podsTable(
  pods: readonly ShownPod[],
  { namespaces, wide }: { namespaces: boolean; wide: boolean },
): string {
  const columns = [
    ...(namespaces ? ["namespace"] : []),
    "pod",
    "node",
    "outcome",
    "requested",
    "reported",
    ...(wide ? ["evidence"] : []),
  ];
  const rows = pods.flatMap((pod) => {
    const { outcome } = pod;
    const attachments = outcome.attachments.length > 0 ? outcome.attachments : [undefined];
    return attachments.map((attachment) => [
      ...(namespaces ? [pod.namespace] : []),
      pod.name,
      pod.node,
      outcome.kind,
      attachment ? requested(attachment) : "cannot be read",
      attachment ? reported(attachment) : "",
      ...(wide ? [outcome.evidence] : []),
    ]);
  });
  return table(columns, rows);
}

function requested({ request }: Attachment): string {
  const { interface: device, ips, mac } = request;
  const wishes = [...(ips ?? []), ...(mac ? [mac] : [])];
  return [`${keyOf(request)}${device ? `@${device}` : ""}`, ...wishes].join(" ");
}

function reported({ entry }: Attachment): string {
  return entry ? [entry.interface ?? "no interface", ...entry.ips].join(" ") : "";
}

/** The same for scripts. */
export function podData({ namespace, name, node, outcome }: ShownPod): object {
  return {
    namespace,
    pod: name,
    node,
    outcome: outcome.kind,
    evidence: outcome.evidence,
    attachments: outcome.attachments.map(({ request, entry }) => ({
      requested: { network: keyOf(request), ...withoutName(request) },
      reported: entry
        ? { interface: entry.interface ?? "", ips: entry.ips, ...(entry.mac ? { mac: entry.mac } : {}) }
        : null,
    })),
  };
}

function withoutName({ interface: device, ips, mac }: Attachment["request"]): object {
  return { ...(device ? { interface: device } : {}), ...(ips ? { ips } : {}), ...(mac ? { mac } : {}) };
}
