import { z } from "zod";
import { matching } from "../rule.ts";
import { objectName, setOf } from "./text.ts";

/** What the parts of an image's reference default to, for people. */
export interface ImageDefaults {
  registry: string;
  repository: string;
  tag: string;
}

/** Registry, path, tag and digest of an image, and how it is pulled. The parts have no defaults: they follow from others. */
export function registryImage(defaults: ImageDefaults) {
  return z.object({
    registry: matching(
      /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
      253,
      "must be a host or host:port, without http://",
    )
      .optional()
      .describe(
        `Registry host, with port if needed, such as 192.168.1.222:80. Default: ${defaults.registry}.`,
      ),
    repository: matching(
      /^[a-z0-9]+([._/-][a-z0-9]+)*$/,
      255,
      "must be a path in lowercase, such as kube-ovn/multus-cni",
    )
      .optional()
      .describe(`Path in the registry, such as kube-ovn/multus-cni. Default: ${defaults.repository}.`),
    tag: matching(
      /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
      128,
      "must be a tag: letters, digits, - _ and ., such as v4.3.0",
    )
      .optional()
      .describe(`Tag. Default: ${defaults.tag}.`),
    digest: matching(/^sha256:[a-f0-9]{64}$/, 71, "must be sha256: and 64 hexadecimal digits")
      .optional()
      .describe("Digest; takes precedence over the tag."),
    pullPolicy: z
      .enum(["Always", "IfNotPresent", "Never"])
      .default("IfNotPresent")
      .describe("When the kubelet pulls the image."),
    pullSecrets: setOf(objectName(), 8)
      .default([])
      .describe("Names of image pull secrets in spec.namespace. The operator never reads them."),
  });
}
