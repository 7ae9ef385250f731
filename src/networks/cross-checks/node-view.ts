import { z } from "zod";
import type { SeenNode } from "./view.ts";

const node = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ allocatable: z.record(z.string(), z.string()).default({}) }).prefault({}),
});

/** Of what a node can give only what device plugins offer: those names have a domain. */
export function nodeView(object: unknown): SeenNode {
  const { metadata, status } = node.parse(object);
  const offered = Object.entries(status.allocatable).filter(([name]) => name.includes("/"));
  return { name: metadata.name, allocatable: Object.fromEntries(offered) };
}
