import { section } from "./kinds.ts";
import type { Section } from "./section.ts";

/** `args.cni` of a plugin's configuration (CNI conventions.md), for the plugins that read it. */
export function cniArgs(fields: Section): Section | undefined {
  return fields.take("args", section)?.take("cni", section);
}
