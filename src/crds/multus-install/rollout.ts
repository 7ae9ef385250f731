import { z } from "zod";
import { objectName } from "./text.ts";

/** spec.rollout: how a changed Multus reaches the nodes. */
export const rollout = z.object({
  canary: z
    .object({
      nodes: z
        .int()
        .min(1)
        .max(20)
        .default(1)
        .describe("Number of nodes that get the changed Multus first, one after another."),
      probe: objectName().describe(
        "NetworkAttachmentDefinition in spec.namespace that a probe pod attaches to on each of these nodes. The other nodes follow when all probes succeed.",
      ),
    })
    .optional()
    .describe(
      "Try the change on some nodes first. The rollout stops if Multus does not start or the probe fails, and the other nodes keep their Multus. Not possible between v3 and v4.",
    ),
  rollback: z
    .boolean()
    .default(false)
    .describe(
      "After a failed canary, or a rollout without progress for ten minutes (the chart's rolloutDeadlineSeconds), restore the last complete install. It stays until this object changes.",
    ),
});
