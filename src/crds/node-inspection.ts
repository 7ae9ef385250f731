import { z } from "zod";

/**
 * The result of one inspection of a node. It is the termination message of a pod, which others could forge
 * on a node of theirs: every list and text is bounded, and what is out of bounds is rejected whole.
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
  at: z.iso.datetime().describe("Time of the inspection, by the node's clock."),
  architecture: word(16).describe("As in the label kubernetes.io/arch: amd64, arm64, …"),
  confFiles: z
    .array(
      z.object({
        name: word(255).describe("File name in the CNI configuration directory."),
        networkName: word(253).optional().describe("Its `name`; absent if the file is not a configuration."),
        pluginTypes: z.array(word(64)).max(16).optional().describe("Types of its plugins, in order."),
        cniVersion: word(16).optional().describe("Its `cniVersion`; absent if it has none."),
      }),
    )
    .max(64)
    .describe("Files that end in .conf, .conflist or .json, by name: the runtime uses the first."),
  primary: z
    .object({ file: word(255), networkName: word(253) })
    .optional()
    .describe("What Multus' auto mode selects: the first that is not Multus' own. Absent if there is none."),
  binaries: z
    .array(z.object({ name: word(255), version: word(64).optional(), cniVersion: word(16).optional() }))
    .max(512)
    .describe(
      "Executable files in the plugin directories, by name; from Go's build information, the version and the newest CNI version that their CNI library supports.",
    ),
  interfaces: z.array(word(15)).max(512).describe("The node's links, without those that lead into pods."),
  multusFiles: z
    .array(word(512))
    .max(64)
    .describe(
      "Host paths of files that Multus created: configurations, kubeconfig, binaries, sockets, caches.",
    ),
  leftovers: z
    .array(word(512))
    .max(64)
    .describe(
      "Paths of leftover files: a second Multus configuration, *.cilium_bak, *.old, and what an installer that was killed did not finish.",
    ),
  kubeconfig: z
    .object({ expires: z.iso.datetime().optional() })
    .optional()
    .describe(
      "Multus' kubeconfig on the node; `expires` if its token has an expiry. The token never leaves the node.",
    ),
  plugins: z
    .object({
      image: word(640).describe("The image that they are from; empty if an installation did not finish."),
      installed: z.array(word(64)).max(32).describe("The programs that are still there, by name."),
    })
    .optional()
    .describe("CNI plugins that the operator installed in the first plugin directory."),
  truncated: z
    .array(word(32))
    .max(16)
    .default([])
    .describe("The lists above that are not complete, because the length of the result is limited."),
});
export type NodeInspection = z.output<typeof nodeInspection>;
