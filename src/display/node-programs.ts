import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import { counted } from "../crds/plural.ts";
import type { Tone } from "./color.ts";

/** What networks need on the nodes next to Multus: the plugins, and the dhcp daemon. */
export function programRows({
  plugins,
  dhcp,
}: MultusInstallStatus): [label: string, text: string, tone?: Tone | undefined][] {
  const rows: [string, string, Tone?][] = [];
  if (plugins) {
    const { image, needed = [], nodesInspected, pendingTotal, failedTotal } = plugins;
    const which = needed.length > 0 ? `${needed.join(", ")} from ${image}` : `none needed (${image})`;
    const counts = [
      `${counted(nodesInspected, "node")} inspected`,
      ...(pendingTotal > 0 ? [`pending on ${pendingTotal}`] : []),
      ...(failedTotal > 0 ? [`failed on ${failedTotal}`] : []),
    ];
    const tone = failedTotal > 0 ? "bad" : pendingTotal > 0 ? "doubtful" : "good";
    rows.push(["  CNI plugins", `${which}; ${counts.join(", ")}`, tone]);
  }
  if (dhcp) {
    const text = `available on ${dhcp.available} of ${counted(dhcp.desired, "node")}`;
    rows.push(["  DHCP daemon", text, dhcp.available < dhcp.desired ? "bad" : "good"]);
  }
  return rows;
}
