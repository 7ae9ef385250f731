/** The parts of "namespace/name", by which maps and messages name a namespaced object. */
export function partsOf(key: string): { namespace: string; name: string } {
  return { namespace: namespaceOf(key), name: nameOf(key) };
}

/** The namespace of "namespace/name"; empty if it has none. */
export function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf("/")));
}

/** The name of "namespace/name". */
export function nameOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}
