import { z } from "zod";
import { taintKey } from "./text.ts";

/** spec.nodes: what the operator does with Node objects, and on nodes in addition to running Multus. */
export const nodes = z.object({
  inspection: z
    .enum(["OnChange", "Off"])
    .default("OnChange")
    .describe(
      "OnChange: a pod with the operator's image inspects each node when its Multus pod is new or changes, and once an hour, less often in clusters of more than 360 nodes. Off: no such pods, and no status about the nodes' files.",
    ),
  startupTaint: taintKey()
    .optional()
    .describe(
      "Key of a taint, such as multus-operator.dev/not-ready, that new nodes register with (the kubelet's --register-with-taints). It keeps ordinary pods off a node until Multus is ready there; the operator then removes the taint, and never sets it. Requires startupTaint.enabled in the chart, and must be the chart's startupTaint.key.",
    ),
});
