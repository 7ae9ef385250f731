/** Whether an object, or an entry of the inventory, is a DaemonSet. */
export function isDaemonSet({ kind }: { kind: string }): boolean {
  return kind === "DaemonSet";
}
