import { DHCP_DAEMON } from "./dhcp-daemon.ts";
import { WHEREABOUTS } from "./whereabouts-names.ts";

/** Names of DaemonSets that an install has in addition to those of Multus. */
const OTHERS: readonly string[] = [WHEREABOUTS, DHCP_DAEMON];

/** Whether an object, or an entry of the inventory, is a DaemonSet that runs Multus or its guard: rollouts are about these. */
export function isMultusDaemonSet(object: {
  kind: string;
  name?: string;
  metadata?: { name: string };
}): boolean {
  return object.kind === "DaemonSet" && !OTHERS.includes(object.name ?? object.metadata?.name ?? "");
}
