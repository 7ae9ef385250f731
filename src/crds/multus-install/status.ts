import { z } from "zod";
import { condition } from "../conditions.ts";
import { dhcpStatus } from "./dhcp.ts";
import { networksStatus, podsStatus } from "./network-summary.ts";
import { pluginsStatus } from "./plugins-status.ts";

/** MultusInstall.status: what is true in the cluster, bounded in size. */
export const multusInstallStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("The generation of the spec that the status describes."),
  conditions: z
    .array(condition)
    .max(8)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe(
      "Ready: Multus, and whereabouts if the spec enables it, run as the spec requires, on every node that should have them. Reconciling: the operator still works on this. Stalled: the operator cannot continue until the spec or the cluster changes. Degraded: Multus does not run correctly on a node, or a rollout is stuck or failed. Warning: something works but is probably not intended.",
    ),
  version: z.string().max(16).optional().describe("The Multus release whose objects are applied."),
  mode: z.string().max(8).optional().describe("Thin or Thick."),
  // As long as spec.image allows: registry, repository and tag with what separates them.
  image: z.string().max(640).optional().describe("The image of the Multus pods."),
  distribution: z
    .object({
      name: z.string().max(16).describe("The distribution whose directories are used."),
      evidence: z
        .string()
        .max(512)
        .describe("What this is based on: spec.distribution, or what the nodes and the API server show."),
    })
    .optional()
    .describe("The distribution in use. Absent until a node exists."),
  nodes: z
    .object({
      desired: z.int().min(0).describe("Nodes that should run Multus."),
      updated: z.int().min(0).describe("Nodes whose Multus pod matches the newest spec."),
      available: z.int().min(0).describe("Nodes whose Multus pod is available."),
      progressedAt: z
        .string()
        .max(64)
        .meta({ format: "date-time" })
        .optional()
        .describe("When these numbers last changed during a rollout."),
      unhealthyTotal: z.int().min(0).describe("Nodes on which Multus does not run correctly."),
      unhealthy: z
        .array(
          z.object({
            node: z.string().max(253).describe("The node; empty if the pod is not scheduled."),
            reason: z
              .string()
              .max(128)
              .describe(
                "The problem: RegistryLoginRejected, ImageNotFound, ImageLayout, CrashLoopBackOff, OOMKilled, …",
              ),
            message: z.string().max(1024).describe("The problem and what to do."),
          }),
        )
        .max(20)
        .optional()
        .describe("The nodes with the most severe problems."),
    })
    .optional()
    .describe("Multus on the nodes."),
  rollout: z
    .object({
      revision: z
        .string()
        .max(64)
        .describe("The revision that is rolled out; it changes with the pod template."),
      generation: z.int().min(0).describe("The generation of the spec that this describes."),
      state: z
        .enum(["Canary", "Passed", "Failed", "RolledBack"])
        .describe(
          "Canary: on the first nodes. Passed: the other nodes follow. Failed: stopped. RolledBack: the last complete install was restored.",
        ),
      message: z.string().max(1024).describe("The progress, or what failed and on which node."),
      nodes: z.array(z.string().max(253)).max(20).optional().describe("The canary's nodes."),
      passed: z.array(z.string().max(253)).max(20).optional().describe("Nodes on which the probe succeeded."),
    })
    .optional()
    .describe("The canary, or the failed rollout."),
  startupTaint: z
    .object({
      key: z.string().max(317).describe("The key from spec.nodes.startupTaint."),
      waitingTotal: z.int().min(0).describe("Nodes that carry the taint."),
      waiting: z
        .array(z.string().max(253))
        .max(20)
        .optional()
        .describe("Some of the nodes that carry the taint."),
    })
    .optional()
    .describe("Nodes that accept no ordinary pods until Multus is ready on them."),
  networks: networksStatus
    .optional()
    .describe(
      "Summary of the cluster's networks; each NetworkAttachmentDefinition (NAD) has a NetworkAttachmentReport.",
    ),
  pods: podsStatus.optional().describe("The pods that request networks, each counted once."),
  primaryNetwork: z
    .object({
      files: z
        .array(
          z.object({
            file: z.string().max(255).describe("The file in the CNI configuration directory."),
            networkName: z.string().max(253).describe("The name of the network in this file."),
            nodes: z.int().min(0).describe("Number of nodes on which Multus delegates to it."),
          }),
        )
        .max(10)
        .optional()
        .describe("The files, most nodes first. If there is more than one, the nodes differ."),
      nodesInspected: z.int().min(0).describe("Nodes that were inspected."),
      oldestInspection: z
        .string()
        .max(64)
        .meta({ format: "date-time" })
        .describe(
          "Time of the oldest inspection that this is based on, rounded down to the hour, so that not every inspection changes the status.",
        ),
    })
    .optional()
    .describe("The network that Multus delegates to on the nodes, as found by inspections."),
  plugins: pluginsStatus
    .optional()
    .describe("CNI plugins that networks need on the nodes; only with spec.plugins.install: Missing."),
  dhcp: dhcpStatus.optional().describe("The daemon of the IPAM plugin dhcp, while it is there (spec.dhcp)."),
  inventory: z
    .array(
      z.object({
        apiVersion: z.string().max(253).describe("The object's group and version."),
        kind: z.string().max(63).describe("The object's kind."),
        namespace: z.string().max(63).optional().describe("The object's namespace, if it has one."),
        name: z.string().max(253).describe("The object's name."),
      }),
    )
    .max(64)
    .optional()
    .describe("The objects that the operator applied. It deletes those that a later spec no longer has."),
  warnings: z
    .array(z.string().max(1024))
    .max(20)
    .optional()
    .describe("Settings that work but are probably not intended."),
});
export type MultusInstallStatus = z.output<typeof multusInstallStatus>;
/** One object that an install has applied, as its status lists it. */
export type InventoryEntry = NonNullable<MultusInstallStatus["inventory"]>[number];
