import { z } from "zod";
import { taintKey } from "./text.ts";

/** spec.nodes: what the operator does with Node objects, and on nodes beside running Multus. */
export const nodes = z.object({
  inspection: z
    .enum(["OnChange", "Off"])
    .default("OnChange")
    .describe(
      "OnChange: a pod of the operator's image looks at each node when Multus' pod there is new or changes, and once an hour, less often in clusters of more than 360 nodes. Off: no such pods, and no word of what is on the nodes.",
    ),
  startupTaint: taintKey()
    .optional()
    .describe(
      "Key of a taint, such as multus-operator.dev/not-ready, that new nodes register with (the kubelet's --register-with-taints): they take no ordinary pod until Multus is ready on them, and the operator removes the taint then. It never sets it. Needs startupTaint.enabled in the chart, and must be the chart's startupTaint.key.",
    ),
});
