import { z } from "zod";

const path = z.string().max(512);
const pathWithReason = z.object({ path, reason: z.string().max(256) });

/** What a cleaning did on a node; its pod's termination message. */
export const cleaningReport = z.object({
  node: z.string().max(253),
  at: z.iso.datetime(),
  removed: z.array(path).max(512).describe("Host paths that were removed."),
  restored: z.array(path).max(64).describe("Files that got their original name back."),
  kept: z
    .array(pathWithReason)
    .max(64)
    .describe("Files that look like Multus' and existed before the install."),
  problems: z
    .array(pathWithReason)
    .max(64)
    .describe("What could not be removed; if empty, the node is clean."),
  truncated: z.array(z.string().max(32)).max(8).default([]),
});
export type CleaningReport = z.output<typeof cleaningReport>;
