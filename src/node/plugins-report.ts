import { z } from "zod";

const path = z.string().max(512);
const pathWithReason = z.object({ path, reason: z.string().max(256) });

/** What an installation of plugins did on a node; its pod's termination message. */
export const pluginsReport = z.object({
  node: z.string().max(253),
  at: z.iso.datetime(),
  installed: z.array(path).max(64).describe("Programs that were missing and are there now."),
  updated: z.array(path).max(64).describe("Programs of another image that were replaced."),
  kept: z.array(pathWithReason).max(64).describe("Programs that are there and not the operator's."),
  problems: z.array(pathWithReason).max(64).describe("What could not be installed."),
  truncated: z.array(z.string().max(32)).max(8).default([]),
});
export type PluginsReport = z.output<typeof pluginsReport>;
