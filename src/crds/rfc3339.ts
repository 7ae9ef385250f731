/** A time in whole seconds, as the API server writes them. */
export function rfc3339(time: Date | number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}
