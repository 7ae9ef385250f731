/**
 * When the token in a kubeconfig expires, ISO 8601; undefined if there is none, or it does not say. Only
 * the date is kept. Multus' entrypoints write the token in one line (kubeConfigTemplate of thin_entrypoint).
 */
export function tokenExpiry(kubeconfig: string): string | undefined {
  const payload = /^\s*token:\s*"?[\w-]+\.([\w-]+)\.[\w-]+"?\s*$/m.exec(kubeconfig)?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    const { exp } = claims as { exp?: unknown };
    return typeof exp === "number" ? new Date(exp * 1000).toISOString() : undefined;
  } catch {
    return undefined;
  }
}
