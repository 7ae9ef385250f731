import type { Rule } from "../rule.ts";
import type { MultusInstallSpec } from "./spec.ts";

/** Contradictions between spec.plugins and other fields. */
export const PLUGIN_RULES: readonly (Rule<MultusInstallSpec> & { path: string })[] = [
  {
    path: "spec.plugins.install",
    message:
      "Missing requires nodes.inspection: OnChange, because inspections find the plugins that a node lacks; use OnChange, or Off",
    cel: "self.plugins.install != 'Missing' || self.nodes.inspection != 'Off'",
    holds: ({ plugins, nodes }) => plugins.install !== "Missing" || nodes.inspection !== "Off",
  },
  {
    path: "spec.plugins.image",
    // An unclaimed name could be registered by anyone, and the programs run as root on every node.
    message:
      "requires registry and repository with plugins.install: Missing or dhcp.daemon: Auto, because no image is published; build one with make plugins-image, push it, and name it here",
    cel: "self.plugins.install == 'Off' && self.dhcp.daemon == 'Off' || has(self.plugins.image.registry) && has(self.plugins.image.repository)",
    holds: ({ plugins: { install, image }, dhcp }) =>
      (install === "Off" && dhcp.daemon === "Off") ||
      (image.registry !== undefined && image.repository !== undefined),
  },
  {
    path: "spec.plugins.include",
    message: "has no effect with plugins.install: Off; use Missing, or remove it",
    cel: "self.plugins.install != 'Off' || size(self.plugins.include) == 0",
    holds: ({ plugins }) => plugins.install !== "Off" || plugins.include.length === 0,
  },
];
