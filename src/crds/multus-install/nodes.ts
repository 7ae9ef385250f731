import { z } from "zod";
import { labelKey } from "./text.ts";

/** spec.nodes: what the operator does with Node objects. */
export const nodes = z.object({
  startupTaint: labelKey()
    .optional()
    .describe(
      "Key of a taint, such as multus-operator.dev/not-ready, that new nodes register with (the kubelet's --register-with-taints): they take no ordinary pod until Multus is ready on them, and the operator removes the taint then. It never sets it. Needs startupTaint.enabled in the chart.",
    ),
});
