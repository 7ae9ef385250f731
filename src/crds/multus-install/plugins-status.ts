import { z } from "zod";
import { REFERENCE_PLUGINS } from "../reference-plugins.ts";
import { nodeProblems } from "./node-problems.ts";

/** status.plugins: what the nodes have of the CNI plugins that networks need. */
export const pluginsStatus = z.object({
  image: z.string().max(640).describe("The image that missing plugins are installed from."),
  needed: z
    .array(z.string().max(64))
    .max(REFERENCE_PLUGINS.length)
    .optional()
    .describe(
      "Reference plugins that valid NetworkAttachmentDefinitions need, and those of spec.plugins.include.",
    ),
  nodesInspected: z.int().min(0).describe("Nodes of which it is known which plugins they have."),
  pendingTotal: z.int().min(0).describe("Nodes on which plugins are still to be installed or replaced."),
  failedTotal: z.int().min(0).describe("Nodes on which that failed; it is tried again."),
  failed: nodeProblems({ node: "The node.", message: "What could not be installed, and why." }),
});
export type PluginsStatus = z.output<typeof pluginsStatus>;
