/** The field of a MultusInstall that installs a plugin on the nodes, as a user writes it; undefined if none does. */
export function installedBy(type: string): string | undefined {
  return type === "whereabouts" ? "spec.whereabouts.enabled: true in the MultusInstall" : undefined;
}
