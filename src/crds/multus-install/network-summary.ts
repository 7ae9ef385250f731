import { z } from "zod";

const count = () => z.int().min(0);

/** Samples of each kind in a MultusInstall's status; the reports have more. */
export const MOST_SAMPLES = 10;
/** Nodes that lack an interface. */
export const MOST_NODES = 20;
/** Characters of a sample's message. */
export const SAMPLE_TEXT = 256;

/** status.networks */
export const networksStatus = z.object({
  total: count().describe("NetworkAttachmentDefinitions in the cluster."),
  valid: count().describe("Those whose configuration can be read."),
  invalid: count().describe("Those that Multus, libcni or a plugin refuses."),
  unavailable: count().describe("Those that pods cannot be attached to, the invalid ones included."),
  rangesUsedUp: count().describe("Ranges of addresses without a free one."),
  rangesNearlyUsedUp: count().describe("Ranges with at most a tenth left."),
  duplicateAddresses: count().describe(
    "Addresses that several pods of one layer-2 network have, counted for each NAD that is concerned.",
  ),
  samples: z
    .array(
      z.object({
        network: z.string().max(317).describe('"namespace/name" of the NAD.'),
        reason: z.string().max(64).describe("As in its NetworkAttachmentReport."),
        message: z.string().max(SAMPLE_TEXT).describe("What is wrong."),
      }),
    )
    .max(MOST_SAMPLES)
    .optional()
    .describe("The first that are unavailable."),
  nodesLacking: z
    .array(
      z.object({
        node: z.string().max(253).describe("The node."),
        lacks: z.array(z.string().max(192)).max(16).describe("What it lacks."),
        interfaces: z.array(z.string().max(15)).max(12).describe("Interfaces that it has."),
      }),
    )
    .max(MOST_NODES)
    .optional()
    .describe("The first nodes that lack an interface which a NAD needs, with those that they have."),
});

/** status.pods */
export const podsStatus = z.object({
  requesting: count().describe("Pods that ask for networks and are not over."),
  failing: count().describe("Pods that do not have what they asked for: the five counts below it."),
  bypassed: count().describe("Pods that run without their networks: Multus was not called for them."),
  failed: count().describe("Pods whose network could not be set up."),
  missingNetwork: count().describe("Pods that name a NAD that does not exist."),
  forbidden: count().describe("Pods that name a NAD which namespace isolation forbids."),
  partial: count().describe("Pods that run and lack a network, or a part of what they asked for."),
  attached: count().describe("Pods that have every network."),
  restartNeeded: count().describe("Pods attached before a NAD of theirs changed."),
  pending: count().describe("Pods that are being set up."),
  samples: z
    .array(
      z.object({
        pod: z.string().max(317).describe('"namespace/name".'),
        outcome: z
          .string()
          .max(32)
          .describe("bypassed, failed, missing-network, forbidden-network, partial or restart-needed."),
        message: z.string().max(SAMPLE_TEXT).describe("How that is known."),
      }),
    )
    .max(MOST_SAMPLES)
    .optional()
    .describe("The worst of them."),
});
