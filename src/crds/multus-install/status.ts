import { z } from "zod";
import { condition } from "../conditions.ts";
import { networksStatus, podsStatus } from "./network-summary.ts";

/** MultusInstall.status: what is true in the cluster, bounded in size. */
export const multusInstallStatus = z.object({
  observedGeneration: z
    .int()
    .min(0)
    .optional()
    .describe("The generation of the spec that the status speaks of."),
  conditions: z
    .array(condition)
    .max(8)
    .optional()
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
    .describe("Ready, Reconciling, Stalled, Degraded and Warning."),
  version: z.string().max(16).optional().describe("The Multus release whose objects are applied."),
  mode: z.string().max(8).optional().describe("Thin or Thick."),
  image: z.string().max(512).optional().describe("The image of the Multus pods."),
  distribution: z
    .object({
      name: z.string().max(16).describe("The distribution whose directories are used."),
      evidence: z
        .string()
        .max(512)
        .describe("How it is known: spec.distribution, or what nodes and API server show."),
    })
    .optional()
    .describe("Absent until there is a node."),
  nodes: z
    .object({
      desired: z.int().min(0).describe("Nodes that should run Multus."),
      updated: z.int().min(0).describe("Nodes whose Multus pod is of the newest spec."),
      available: z.int().min(0).describe("Nodes whose Multus pod is available."),
      progressedAt: z
        .string()
        .max(64)
        .meta({ format: "date-time" })
        .optional()
        .describe("When these numbers last changed, while a rollout goes on."),
      unhealthyTotal: z.int().min(0).describe("Nodes on which Multus does not run as it should."),
      unhealthy: z
        .array(
          z.object({
            node: z.string().max(253).describe("The node; empty where no node took the pod."),
            reason: z
              .string()
              .max(128)
              .describe(
                "What is wrong: RegistryLoginRefused, ImageNotFound, ImageLayout, CrashLoopBackOff, OOMKilled, …",
              ),
            message: z.string().max(1024).describe("What is wrong and what to do."),
          }),
        )
        .max(20)
        .optional()
        .describe("The worst of them."),
    })
    .optional()
    .describe("Multus on the nodes."),
  rollout: z
    .object({
      revision: z.string().max(64).describe("What is rolled out; it changes with the pods' template."),
      generation: z.int().min(0).describe("The generation of the spec that this speaks of."),
      state: z
        .enum(["Canary", "Passed", "Failed", "RolledBack"])
        .describe("Canary: on its first nodes. Passed: all others follow. Failed: stopped. RolledBack."),
      message: z.string().max(1024).describe("How far it is, or what failed and where."),
      nodes: z.array(z.string().max(253)).max(20).optional().describe("The canary's nodes."),
      passed: z.array(z.string().max(253)).max(20).optional().describe("Nodes on which the probe succeeded."),
    })
    .optional()
    .describe("The canary, or the rollout that failed."),
  startupTaint: z
    .object({
      key: z.string().max(317).describe("The key, as spec.nodes.startupTaint has it."),
      waitingTotal: z.int().min(0).describe("Nodes that carry the taint."),
      waiting: z.array(z.string().max(253)).max(20).optional().describe("Some of them."),
    })
    .optional()
    .describe("Nodes that take no ordinary pod until Multus is ready on them."),
  networks: networksStatus
    .optional()
    .describe("The cluster's networks at a glance; each NAD has a NetworkAttachmentReport."),
  pods: podsStatus.optional().describe("The pods that ask for networks, each counted once."),
  primaryNetwork: z
    .object({
      files: z
        .array(
          z.object({
            file: z.string().max(255).describe("The file in the CNI configuration directory."),
            networkName: z.string().max(253).describe("The network's name in it."),
            nodes: z.int().min(0).describe("On how many nodes it is the one that Multus delegates to."),
          }),
        )
        .max(10)
        .optional()
        .describe("Most nodes first; more than one: the nodes differ."),
      nodesLookedAt: z.int().min(0).describe("Nodes that were looked at."),
      oldestLook: z
        .string()
        .max(64)
        .meta({ format: "date-time" })
        .describe("How old this may be: when the oldest of the looks was taken, to the hour."),
    })
    .optional()
    .describe("What the nodes have as the network that Multus delegates to, as looks at them show."),
  inventory: z
    .array(
      z.object({
        apiVersion: z.string().max(253).describe("Its group and version."),
        kind: z.string().max(63).describe("Its kind."),
        namespace: z.string().max(63).optional().describe("Its namespace, where it has one."),
        name: z.string().max(253).describe("Its name."),
      }),
    )
    .max(64)
    .optional()
    .describe(
      "The objects that the operator applied; those that a later spec has no more are deleted by it.",
    ),
  warnings: z.array(z.string().max(1024)).max(20).optional().describe("What works and is likely unintended."),
});
export type MultusInstallStatus = z.output<typeof multusInstallStatus>;
