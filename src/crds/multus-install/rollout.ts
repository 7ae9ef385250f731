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
        .describe("So many nodes get the changed Multus first, one after another."),
      probe: objectName().describe(
        "NetworkAttachmentDefinition in spec.namespace that a probe pod attaches to on each of them; the others follow when all have it.",
      ),
    })
    .optional()
    .describe(
      "A trial on some nodes first. It stops where Multus does not start or the probe fails, and the other nodes keep their Multus. Not between v3 and v4.",
    ),
  rollback: z
    .boolean()
    .default(false)
    .describe(
      "After a failed canary, or a rollout that has not moved for ten minutes, what ran completely last is put back. It stays until this object changes.",
    ),
});
