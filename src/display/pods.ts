import type { Attachment } from "../networks/outcome/attachments.ts";
import type { OutcomeKind, PodOutcome } from "../networks/outcome/outcome.ts";
import { keyOf } from "../networks/pod-request/request.ts";
import type { Tone } from "./color.ts";
import { type TableOptions, table } from "./table.ts";

export interface ShownPod {
  namespace: string;
  name: string;
  node: string;
  outcome: PodOutcome;
}

/** Outcomes that need no action: a pod that is pending may fail later. */
const WELL: readonly OutcomeKind[] = ["attached", "not-applicable", "pending"];

export function isWell(outcome: OutcomeKind): boolean {
  return WELL.includes(outcome);
}

export function isFailing({ outcome }: ShownPod): boolean {
  return !isWell(outcome.kind);
}

export interface PodsTableOptions extends TableOptions {
  namespaces: boolean;
  wide: boolean;
}

/** Requested and reported side by side, one line per attachment. */
export function podsTable(
  pods: readonly ShownPod[],
  { namespaces, wide, ...options }: PodsTableOptions,
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
  return table(columns, rows, { toneOf, ...options });
}

function toneOf(column: string, cell: string): Tone | undefined {
  if (column !== "outcome") return undefined;
  if (cell === "attached") return "good";
  return cell === "pending" || cell === "restart-needed" || cell === "not-applicable" ? "doubtful" : "bad";
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
