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
    .describe("error: a pod cannot be attached; warning: the setting is ignored, or probably not intended."),
  path: z.string().max(512).describe("Path in the configuration; empty for the whole configuration."),
  code: z.string().max(64).describe("A stable code, for scripts."),
  message: z.string().max(1024).describe("The problem, and what to do."),
});

const addressRange = z.object({
  range: z.string().max(128).describe("First and last address."),
  ipam: z.string().max(64).describe("host-local, whereabouts or static."),
  size: count().describe(
    "Number of addresses that can be allocated, without the gateway and excluded addresses; per node if `perNode`.",
  ),
  used: count().describe(
    "Number of addresses in the range that pods report, also pods of other NADs that allocate the same addresses from the same pool; on the fullest node if `perNode`.",
  ),
  free: count().describe("Number of addresses in the range that are left."),
  shared: z
    .boolean()
    .optional()
    .describe("Other NADs, of any namespace, allocate the same addresses from the same pool."),
  perNode: z.boolean().describe("host-local: each node allocates from the whole range."),
  node: z.string().max(253).optional().describe("The fullest node, if `perNode`."),
});

const duplicate = z.object({
  address: z.string().max(64).describe("An IP or MAC address."),
  pods: z
    .array(podName())
    .max(8)
    .describe('Pods of the NAD\'s namespace that use it, as "namespace/name"; the first eight.'),
  otherPods: count().optional().describe("Pods of other namespaces that use it, which are not named here."),
});

const sample = z.object({
  pod: podName().describe('"namespace/name".'),
  node: z.string().max(253).optional().describe("The pod's node."),
  outcome: z
    .string()
    .max(32)
    .describe("failed, bypassed, partial, restart-needed, forbidden-network or pending."),
  message: z
    .string()
    .max(1024)
    .describe("Why the pod did not get what it requested. kubectl multus explain POD shows what to do."),
});

/** NetworkAttachmentReport.status: what is true of one NAD, bounded in size. */
export const reportStatus = z.object({
  observedGeneration: count().optional().describe("The generation of the NAD that this describes."),
  conditions: z
    .array(
      condition.extend({
        type: z.string().max(316).describe("Valid or Available."),
        observedGeneration: count().optional().describe("The generation of the NAD that this describes."),
      }),
    )
    .max(8)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe("Valid: whether the configuration is valid. Available: whether pods can be attached."),
  plugins: z
    .string()
    .max(256)
    .optional()
    .describe("The plugins that the network runs, with the IPAM plugin after a slash, human-readable."),
  types: z
    .array(z.string().max(128))
    .max(32)
    .optional()
    .describe("The plugins that the network runs, including IPAM."),
  needs: z
    .object({
      binaries: z
        .array(z.string().max(128))
        .max(32)
        .optional()
        .describe("Programs in the node's CNI plugin directory."),
      masters: z.array(z.string().max(64)).max(16).optional().describe("Interfaces on the node."),
      resourceName: z.string().max(317).optional().describe("A device plugin's resource."),
    })
    .optional()
    .describe("What the network needs on a node."),
  nodesLackingTotal: count()
    .optional()
    .describe("Number of nodes that lack something that the network needs."),
  nodesLacking: z
    .array(
      z.object({
        node: z.string().max(253).describe("The node."),
        lacks: z.array(z.string().max(192)).max(16).describe("What it lacks."),
      }),
    )
    .max(MOST.nodes)
    .optional()
    .describe("The first nodes that lack something that the network needs."),
  findingsTotal: count().optional().describe("Total number of findings."),
  findings: z.array(finding).max(MOST.findings).optional().describe("Errors and warnings, errors first."),
  pods: z
    .object({
      requesting: count().describe("Pods that request the network and have not terminated."),
      attached: count().describe("Pods that have the network, including those that need a restart."),
      pending: count().describe("Pods that are being set up."),
      failed: count().describe("Pods that could not be attached."),
      bypassed: count().describe("Pods that run without the network: Multus was not called for them."),
      partial: count().describe(
        "Pods that run without the network, or without a part of what they requested.",
      ),
      restartNeeded: count().describe("Pods that were attached before the NAD changed."),
      forbidden: count().describe("Pods whose namespace may not use the network."),
      unverified: count()
        .optional()
        .describe(
          "Pods whose network-status has another field manager than that of Multus: their addresses are not counted.",
        ),
    })
    .optional()
    .describe("Numbers of pods that request the network; a pod with two requests is counted once."),
  samples: z
    .array(sample)
    .max(MOST.samples)
    .optional()
    .describe("Pods of the NAD's namespace that did not get what they requested, the most severe first."),
  otherSamples: count()
    .optional()
    .describe("Pods of other namespaces that did not get what they requested, which are not named here."),
  ranges: z.array(addressRange).max(MOST.ranges).optional().describe("The address ranges of the network."),
  duplicatesTotal: count()
    .optional()
    .describe("Number of addresses that more than one pod in the layer-2 network uses."),
  duplicates: z
    .array(duplicate)
    .max(MOST.duplicates)
    .optional()
    .describe("The first addresses that more than one pod in the layer-2 network uses."),
  outsideTotal: count()
    .optional()
    .describe("Number of addresses that pods report and that are outside all ranges of the network."),
  outside: z
    .array(
      z.object({
        address: z.string().max(64).describe("The address."),
        pod: podName().optional().describe('"namespace/name"; absent if it is of another namespace.'),
      }),
    )
    .max(MOST.outside)
    .optional()
    .describe("The first addresses that pods report and that are outside all ranges of the network."),
  versions: z
    .array(
      z.object({
        since: z
          .string()
          .max(64)
          .meta({ format: "date-time" })
          .describe("When the configuration was written, by the NAD's managed fields."),
        generation: count().describe("The NAD's generation."),
        hash: z.string().max(64).describe("Hash of the configuration's text."),
        config: z
          .string()
          .max(KEPT_CONFIG)
          .optional()
          .describe(`The configuration's text; absent if it is longer than ${KEPT_CONFIG} characters.`),
      }),
    )
    .max(MOST.versions)
    .optional()
    .describe(
      "The newest configurations that the operator saw. It uses them to determine what changed since a pod was attached.",
    ),
});
export type ReportStatus = z.output<typeof reportStatus>;
export type ReportFinding = z.output<typeof finding>;
export type AddressRange = z.output<typeof addressRange>;
export type PodSample = z.output<typeof sample>;
