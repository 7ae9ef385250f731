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
    path: "spec.plugins.include",
    message: "has no effect with plugins.install: Off; use Missing, or remove it",
    cel: "self.plugins.install != 'Off' || size(self.plugins.include) == 0",
    holds: ({ plugins }) => plugins.install !== "Off" || plugins.include.length === 0,
  },
];
