import { z } from "zod";
import { clusterNetworkOf, DEFAULT_MULTUS_NAMESPACE, multusNamespaceOf } from "../multus/multus-namespace.ts";
import type { Isolation } from "./pod-request/isolation.ts";

/** What networks depend on of a MultusInstall. */
export interface InstallView {
  metadata: { name: string; creationTimestamp: string };
  version: string | undefined;
  isolation: Isolation;
  /** Where Multus looks for a default network without a namespace. */
  multusNamespace: string;
  /** See clusterNetworkOf. */
  clusterNetwork: string | undefined;
}

const install = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string().default(""),
  }),
  spec: z
    .object({
      version: z.string().optional(),
      mode: z.enum(["Thin", "Thick"]).default("Thin"),
      namespace: z.string().default(DEFAULT_MULTUS_NAMESPACE),
      isolation: z
        .object({ enabled: z.boolean().default(false), globalNamespaces: z.array(z.string()).default([]) })
        .prefault({}),
      daemon: z.object({ clusterNetwork: z.string().optional() }).optional(),
    })
    .prefault({}),
});

/** Returns the view of an object as the API server has it. */
export function installView(object: unknown): InstallView {
  const { metadata, spec } = install.parse(object);
  const { version, isolation } = spec;
  return {
    metadata,
    version,
    isolation,
    multusNamespace: multusNamespaceOf(spec),
    clusterNetwork: clusterNetworkOf(spec),
  };
}
