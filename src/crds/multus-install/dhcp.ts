import { z } from "zod";
import { nodeProblems } from "./node-problems.ts";

/** spec.dhcp: the daemon of the dhcp IPAM plugin. */
export const dhcp = z.object({
  daemon: z
    .enum(["Off", "Auto"])
    .default("Off")
    .describe(
      "Auto: a DaemonSet (multus-dhcp) with the image of spec.plugins.image runs the daemon of the dhcp plugin on the nodes with Multus, from the time at which a valid NetworkAttachmentDefinition has the IPAM dhcp until ten minutes after none has and no pod requests networks. Off: none; one that runs is removed, and pods that have addresses by DHCP no longer renew them.",
    ),
});

/** status.dhcp: the daemon on the nodes. */
export const dhcpStatus = z.object({
  desired: z.int().min(0).describe("Nodes that should run the daemon."),
  available: z.int().min(0).describe("Nodes on which it is available."),
  unhealthyTotal: z.int().min(0).describe("Nodes on which it fails."),
  unhealthy: nodeProblems({
    node: "The node; empty if the pod is not scheduled.",
    message: "The problem, as the kubelet reports it.",
  }),
});
export type DhcpStatus = z.output<typeof dhcpStatus>;
