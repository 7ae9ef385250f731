import { z } from "zod";
import { REFERENCE_PLUGINS } from "../reference-plugins.ts";
import { registryImage } from "./registry-image.ts";
import { setOf } from "./text.ts";

/** What spec.plugins.image defaults to: the release that images/cni-plugins/Dockerfile pins. */
export const DEFAULT_PLUGINS_IMAGE = {
  registry: "ghcr.io",
  repository: "multus-operator/cni-plugins",
  tag: "v1.9.1",
};

/** spec.plugins: CNI plugins that networks need and that nodes may not have. */
export const plugins = z.object({
  install: z
    .enum(["Off", "Missing"])
    .default("Off")
    .describe(
      "Missing: if a valid NetworkAttachmentDefinition needs a reference CNI plugin (github.com/containernetworking/plugins) that a node with Multus lacks, a pod installs it there. Programs that the operator did not install are never overwritten. A plugin that no network needs any longer stays until the MultusInstall is deleted, which removes it. Off: none is installed; those that were stay until the deletion.",
    ),
  image: registryImage(DEFAULT_PLUGINS_IMAGE)
    .prefault({})
    .describe(
      "The image with the plugins, in /opt/cni/bin, and cp (images/cni-plugins/Dockerfile). Its programs run as root on the nodes; the chart's value multusImages restricts its source. After a change, the plugins that the operator installed are replaced.",
    ),
  include: setOf(z.enum(REFERENCE_PLUGINS), REFERENCE_PLUGINS.length)
    .default([])
    .describe(
      "Plugins that are also installed if no NetworkAttachmentDefinition needs them yet, so that the first pods of a new network need not wait.",
    ),
});
