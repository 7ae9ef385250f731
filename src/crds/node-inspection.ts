import { z } from "zod";

/**
 * What one look at a node found. It comes back as the termination message of a pod, which others could forge
 * on a node of theirs: every list and text is bounded, and what is out of bounds is refused whole.
 */

/** One line: it ends in a status, and in terminals. */
const word = (most: number) =>
  z
    .string()
    .max(most)
    // Cs: half a character, which the API server would write back as another one.
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);

export const nodeInspection = z.object({
  node: word(253).describe("The node's name."),
  at: z.iso.datetime().describe("When the look was taken, by the node's clock."),
  architecture: word(16).describe("As in the label kubernetes.io/arch: amd64, arm64, …"),
  confFiles: z
    .array(
      z.object({
        name: word(255).describe("File name in the CNI configuration directory."),
        networkName: word(253).optional().describe("Its `name`; absent where the file is no configuration."),
        pluginTypes: z.array(word(64)).max(16).optional().describe("Types of its plugins, in their order."),
        cniVersion: word(16).optional().describe("Its `cniVersion`; absent where it has none."),
      }),
    )
    .max(64)
    .describe("Files that end in .conf, .conflist or .json, by name: the runtime takes the first."),
  primary: z
    .object({ file: word(255), networkName: word(253) })
    .optional()
    .describe("What Multus' auto mode picks: the first that is not Multus' own. Absent where there is none."),
  binaries: z
    .array(z.object({ name: word(255), version: word(64).optional(), cniVersion: word(16).optional() }))
    .max(512)
    .describe(
      "Executable files in the plugin directories, by name; from Go's build information the version, and the newest CNI version that the CNI library in it speaks.",
    ),
  interfaces: z.array(word(15)).max(512).describe("The node's links, without those that lead into pods."),
  multusFiles: z
    .array(word(512))
    .max(64)
    .describe(
      "Paths on the host of what Multus made: configurations, kubeconfig, binaries, sockets, caches.",
    ),
  leftovers: z
    .array(word(512))
    .max(64)
    .describe(
      "Paths that something left behind and that may hinder: a second Multus configuration, *.cilium_bak, *.old.",
    ),
  kubeconfig: z
    .object({ expires: z.iso.datetime().optional() })
    .optional()
    .describe(
      "Multus' kubeconfig on the node; `expires` where its token says so. The token never leaves the node.",
    ),
  truncated: z
    .array(word(32))
    .max(16)
    .default([])
    .describe("The lists above that are not complete, since the answer has a greatest length."),
});
export type NodeInspection = z.output<typeof nodeInspection>;
