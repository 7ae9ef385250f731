import { isReferencePlugin } from "../crds/reference-plugins.ts";

/** The field of a MultusInstall that installs a plugin on the nodes, as a user writes it; undefined if none does. */
export function installedBy(type: string): string | undefined {
  if (type === "whereabouts") return "spec.whereabouts.enabled: true in the MultusInstall";
  return isReferencePlugin(type) ? "spec.plugins.install: Missing in the MultusInstall" : undefined;
}
