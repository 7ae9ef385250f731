import { z } from "zod";
import { REFERENCE_PLUGINS } from "../reference-plugins.ts";
import { registryImage } from "./registry-image.ts";
import { setOf } from "./text.ts";

/** The release that images/cni-plugins/Dockerfile pins. */
export const PLUGINS_TAG = "v1.9.1";

/** spec.plugins: CNI plugins that networks need and that nodes may not have. */
export const plugins = z.object({
  install: z
    .enum(["Off", "Missing"])
    .default("Off")
    .describe(
      "Missing: if a valid NetworkAttachmentDefinition needs a reference CNI plugin (github.com/containernetworking/plugins) that a node with Multus lacks, a pod installs it there. Programs that the operator did not install are never overwritten. A plugin that no network needs any longer stays until the MultusInstall is deleted, which removes it. Off: none is installed; those that were stay until the deletion.",
    ),
  image: registryImage({
    registry: "none; required, because no image is published",
    repository: "none; required",
    tag: PLUGINS_TAG,
  })
    .prefault({})
    .describe(
      "The image with the plugins, in /opt/cni/bin, and cp, for spec.dhcp also sh, grep and rm: build it with make plugins-image. Its programs run as root on the nodes; the chart's value multusImages restricts its source. After a change, the plugins that the operator installed are replaced.",
    ),
  include: setOf(z.enum(REFERENCE_PLUGINS), REFERENCE_PLUGINS.length)
    .default([])
    .describe(
      "Plugins that are also installed if no NetworkAttachmentDefinition needs them yet, so that the first pods of a new network need not wait.",
    ),
});
