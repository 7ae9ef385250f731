/** metav1.MicroTime: a real API server rejects a Lease or Event whose times have milliseconds only. */
export function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
