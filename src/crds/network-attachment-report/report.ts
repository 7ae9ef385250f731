import { z } from "zod";
import { condition } from "../conditions.ts";

export const NETWORK_ATTACHMENT_REPORT = {
  group: "multus-operator.dev",
  version: "v1alpha1",
  kind: "NetworkAttachmentReport",
  plural: "networkattachmentreports",
  namespaced: true,
} as const;

/** The lists below are cut at these lengths, and the whole at REPORT_BYTES: the status of a NAD with any number of pods is bounded. */
export const MOST = {
  findings: 20,
  nodes: 20,
  interfaces: 12,
  ranges: 16,
  duplicates: 20,
  outside: 10,
  samples: 100,
  versions: 4,
};
export const REPORT_BYTES = 32_768;
/** Characters of a configuration that the history keeps; of a longer one only the hash. */
export const KEPT_CONFIG = 2048;

const count = () => z.int().min(0);
const podName = () => z.string().max(317);

const finding = z.object({
  severity: z
    .enum(["error", "warning"])
    .describe("error: a pod cannot be attached with it; warning: it is ignored, or surely unintended."),
  path: z.string().max(512).describe("Where in the configuration; empty for the whole."),
  code: z.string().max(64).describe("Stable, for scripts."),
  message: z.string().max(1024).describe("What is wrong, and what to do."),
});

const addressRange = z.object({
  range: z.string().max(128).describe("First and last address."),
  ipam: z.string().max(64).describe("host-local, whereabouts or static."),
  size: count().describe(
    "Addresses that it can hand out, the gateway's and excluded ones left out; on each node where `perNode`.",
  ),
  used: count().describe("Of those, the ones that pods report; on the fullest node where `perNode`."),
  free: count().describe("The rest."),
  perNode: z.boolean().describe("host-local: each node hands the range out by itself."),
  node: z.string().max(253).optional().describe("The fullest node, where `perNode`."),
});

const duplicate = z.object({
  address: z.string().max(64).describe("An IP or hardware address."),
  pods: z
    .array(podName())
    .max(8)
    .describe('Pods of the NAD\'s namespace that have it, as "namespace/name"; the first eight.'),
  otherPods: count().optional().describe("Pods of other namespaces that have it, which are not named here."),
});

const sample = z.object({
  pod: podName().describe('"namespace/name".'),
  node: z.string().max(253).optional().describe("Its node."),
  outcome: z
    .string()
    .max(32)
    .describe("failed, bypassed, partial, restart-needed, forbidden-network or pending."),
  message: z.string().max(1024).describe("How that is known."),
});

/** NetworkAttachmentReport.status: what is true of one NAD, bounded in size. */
export const reportStatus = z.object({
  observedGeneration: count().optional().describe("The NAD's generation that this speaks of."),
  conditions: z
    .array(condition.extend({ type: z.string().max(316).describe("Valid or Available.") }))
    .max(8)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe("Valid: can the configuration be read. Available: can pods be attached."),
  plugins: z
    .string()
    .max(256)
    .optional()
    .describe("The plugins that it runs, with IPAM after a slash, for people."),
  types: z.array(z.string().max(128)).max(32).optional().describe("The plugins that it runs, IPAM included."),
  needs: z
    .object({
      binaries: z
        .array(z.string().max(128))
        .max(32)
        .optional()
        .describe("Programs in the node's CNI directory."),
      masters: z.array(z.string().max(64)).max(16).optional().describe("Interfaces of the node."),
      resourceName: z.string().max(317).optional().describe("A device plugin's resource."),
    })
    .optional()
    .describe("What a node must have."),
  nodesLackingTotal: count().optional().describe("Nodes that lack something of it."),
  nodesLacking: z
    .array(
      z.object({
        node: z.string().max(253).describe("The node."),
        lacks: z.array(z.string().max(192)).max(16).describe("What it lacks."),
      }),
    )
    .max(MOST.nodes)
    .optional()
    .describe("The first of them."),
  findingsTotal: count().optional().describe("Findings in all."),
  findings: z
    .array(finding)
    .max(MOST.findings)
    .optional()
    .describe("What is wrong or doubtful; errors first."),
  pods: z
    .object({
      requesting: count().describe("Pods that ask for it and are not over."),
      attached: count().describe("Pods that have it; those that a restart would change included."),
      pending: count().describe("Pods that are being set up."),
      failed: count().describe("Pods that could not be attached."),
      bypassed: count().describe("Pods that run without it: Multus was not called for them."),
      partial: count().describe("Pods that run and lack it, or a part of what they asked of it."),
      restartNeeded: count().describe("Pods attached before the NAD changed."),
      forbidden: count().describe("Pods whose namespace may not use it."),
      unverified: count()
        .optional()
        .describe(
          "Pods whose network-status was not written by Multus, by its field manager: their addresses do not count.",
        ),
    })
    .optional()
    .describe("The pods that ask for it, counted; one that asks twice counts once."),
  samples: z
    .array(sample)
    .max(MOST.samples)
    .optional()
    .describe("Pods of the NAD's namespace that do not have what they asked for, the worst first."),
  otherSamples: count()
    .optional()
    .describe("Pods of other namespaces that do not have what they asked for, which are not named here."),
  ranges: z.array(addressRange).max(MOST.ranges).optional().describe("Its ranges of addresses."),
  duplicatesTotal: count()
    .optional()
    .describe("Addresses that more than one pod of its layer-2 network has."),
  duplicates: z.array(duplicate).max(MOST.duplicates).optional().describe("The first of them."),
  outsideTotal: count().optional().describe("Addresses that pods report and that belong to no range of it."),
  outside: z
    .array(
      z.object({
        address: z.string().max(64).describe("The address."),
        pod: podName().optional().describe('"namespace/name"; absent if it is of another namespace.'),
      }),
    )
    .max(MOST.outside)
    .optional()
    .describe("The first of them."),
  versions: z
    .array(
      z.object({
        since: z
          .string()
          .max(64)
          .meta({ format: "date-time" })
          .describe("When it came to be, by the NAD's managed fields."),
        generation: count().describe("The NAD's generation."),
        hash: z.string().max(64).describe("Of the text."),
        config: z.string().max(KEPT_CONFIG).optional().describe(`The text, up to ${KEPT_CONFIG} characters.`),
      }),
    )
    .max(MOST.versions)
    .optional()
    .describe(
      "The newest configurations that the operator saw, by which it tells what changed since a pod was attached.",
    ),
});
export type ReportStatus = z.output<typeof reportStatus>;
export type ReportFinding = z.output<typeof finding>;
export type AddressRange = z.output<typeof addressRange>;
export type PodSample = z.output<typeof sample>;
