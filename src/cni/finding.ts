/** What is wrong or doubtful in a network configuration. */
export interface Finding {
  /** `plugins[0].ipam.ranges[0][0].rangeEnd` */
  path: string;
  /** error: the plugin refuses it or cannot work. warning: the plugin ignores it, or it is surely unintended. */
  severity: "error" | "warning";
  /** Stable, for scripts. */
  code: string;
  message: string;
}
