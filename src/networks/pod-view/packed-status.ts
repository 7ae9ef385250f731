import type { Problem } from "../pod-request/go-json.ts";
import {
  type NetworkStatusEntry,
  type ParsedNetworkStatus,
  parseNetworkStatus,
} from "../pod-request/network-status.ts";
import { MAX_REPORTED, STATUS_TOO_LARGE } from "../pod-request/unread.ts";

/** Neither is in a name, an interface or an address that can be used; what has one is cut there. */
const FIELD = "\t";
const ENTRY = "\n";
/** Begins the entry of the pod's first network. */
const DEFAULT = "\r";
const NONE: readonly string[] = [];

/**
 * A status annotation in short: one string for all interfaces but the pod's own, because as objects they would take three
 * times the memory. It is no longer than the annotation. A problem if the annotation cannot be read.
 * @param withDefault the pod's own interface too: the pod asks for its network
 */
export function packedStatus(annotation: string, withDefault = false): string | Problem {
  if (annotation.length > MAX_REPORTED) return STATUS_TOO_LARGE;
  const status = parseNetworkStatus(annotation);
  if (!status.ok) return status.problem;
  return status.entries
    .filter((entry) => withDefault || !entry.default)
    .map(
      ({ name, interface: device = "", mac = "", ips, default: isDefault }) =>
        (isDefault ? DEFAULT : "") +
        [name, device, mac, ...ips].map((word) => word.replace(/[\t\n\r].*/s, "")).join(FIELD),
    )
    .join(ENTRY);
}

/** What Multus reported of a pod's networks that it asked for: names, interfaces and addresses. */
export function statusOf(view: {
  readonly reported?: string | Problem | undefined;
}): ParsedNetworkStatus | undefined {
  const { reported } = view;
  if (reported === undefined) return undefined;
  if (typeof reported !== "string") return { ok: false, problem: reported };
  return { ok: true, entries: reported === "" ? [] : reported.split(ENTRY).map(entryOf) };
}

function entryOf(line: string): NetworkStatusEntry {
  const isDefault = line.startsWith(DEFAULT);
  const [name = "", device, mac, ...ips] = line.slice(isDefault ? DEFAULT.length : 0).split(FIELD);
  return {
    name,
    ips,
    default: isDefault,
    gateway: NONE,
    ...(device ? { interface: device } : {}),
    ...(mac ? { mac } : {}),
  };
}
