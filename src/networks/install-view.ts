import { z } from "zod";
import type { Isolation } from "./pod-request/isolation.ts";

export interface InstallView {
  name: string;
  uid: string;
  creationTimestamp: string;
  version: string | undefined;
  isolation: Isolation;
}

const install = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string().default(""),
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

export function installView(object: unknown): InstallView {
  const { metadata, spec } = install.parse(object);
  return { ...metadata, version: spec.version, isolation: spec.isolation };
}
