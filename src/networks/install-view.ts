import { z } from "zod";
import type { Isolation } from "./pod-request/isolation.ts";

/** What networks depend on of a MultusInstall. */
export interface InstallView {
  metadata: { name: string; creationTimestamp: string };
  version: string | undefined;
  isolation: Isolation;
}

const install = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string().default(""),
  }),
  spec: z
    .object({
      version: z.string().optional(),
      isolation: z
        .object({ enabled: z.boolean().default(false), globalNamespaces: z.array(z.string()).default([]) })
        .prefault({}),
    })
    .prefault({}),
});

/** Returns the view of an object as the API server has it. */
export function installView(object: unknown): InstallView {
  const { metadata, spec } = install.parse(object);
  return { metadata, version: spec.version, isolation: spec.isolation };
}
