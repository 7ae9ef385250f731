/** One plugin as a list of one: source: Inline takes a conflist. */
export function asConflist(delegate: Record<string, unknown>): Record<string, unknown> {
  if ("plugins" in delegate) return delegate;
  const { cniVersion, name = "default-cni-network", ...plugin } = delegate;
  return { ...(cniVersion === undefined ? {} : { cniVersion }), name, plugins: [plugin] };
}
