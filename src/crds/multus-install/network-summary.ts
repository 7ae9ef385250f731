import { z } from "zod";

const count = () => z.int().min(0);

/** Samples of each kind in a MultusInstall's status; the reports have more. */
export const MAX_SAMPLES = 10;
/** Nodes that lack an interface. */
export const MAX_NODES = 20;
/** Characters of a sample's message. */
export const SAMPLE_TEXT = 256;

/** status.networks */
export const networksStatus = z.object({
  total: count().describe("NetworkAttachmentDefinitions in the cluster."),
  valid: count().describe("NADs with a valid configuration."),
  invalid: count().describe("NADs that Multus, libcni or a plugin rejects."),
  unavailable: count().describe("NADs that pods cannot be attached to, including those that are not valid."),
  rangesUsedUp: count().describe("Address ranges without a free address."),
  rangesNearlyUsedUp: count().describe("Address ranges with at most 10% of their addresses free."),
  duplicateAddresses: count().describe(
    "Addresses that several pods in one layer-2 network use, counted for each affected NAD.",
  ),
  samples: z
    .array(
      z.object({
        network: z.string().max(317).describe('"namespace/name" of the NAD.'),
        reason: z.string().max(64).describe("The reason in its NetworkAttachmentReport."),
        message: z.string().max(SAMPLE_TEXT).describe("The message in its NetworkAttachmentReport."),
      }),
    )
    .max(MAX_SAMPLES)
    .optional()
    .describe("The first NADs that are unavailable."),
  nodesLacking: z
    .array(
      z.object({
        node: z.string().max(253).describe("The node."),
        lacks: z.array(z.string().max(192)).max(16).describe("What it lacks."),
        interfaces: z.array(z.string().max(15)).max(12).describe("Interfaces that it has."),
      }),
    )
    .max(MAX_NODES)
    .optional()
    .describe("The first nodes that lack an interface which a NAD needs, with those that they have."),
});

/** status.pods */
export const podsStatus = z.object({
  requesting: count().describe("Pods that request networks and have not terminated."),
  failing: count().describe(
    "Pods that did not get what they requested: the sum of bypassed, failed, missingNetwork, forbidden and partial.",
  ),
  bypassed: count().describe("Pods that run without their networks: Multus was not called for them."),
  failed: count().describe("Pods whose network could not be set up."),
  missingNetwork: count().describe("Pods that name a NetworkAttachmentDefinition (NAD) that does not exist."),
  forbidden: count().describe("Pods that name a NAD which namespace isolation forbids."),
  partial: count().describe("Pods that run without a network, or without a part of what they requested."),
  attached: count().describe("Pods that have every network, including those that need a restart."),
  restartNeeded: count().describe("Pods that were attached before one of their NADs changed."),
  pending: count().describe("Pods that are being set up."),
  samples: z
    .array(
      z.object({
        pod: z.string().max(317).describe('"namespace/name".'),
        outcome: z
          .string()
          .max(32)
          .describe("bypassed, failed, missing-network, forbidden-network, partial or restart-needed."),
        message: z
          .string()
          .max(SAMPLE_TEXT)
          .describe(
            "Why the pod did not get what it requested. kubectl multus explain POD shows what to do.",
          ),
      }),
    )
    .max(MAX_SAMPLES)
    .optional()
    .describe("The pods with the most severe outcomes."),
});
