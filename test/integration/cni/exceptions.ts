/** What says no word on the configuration. */
const OF_THIS_MACHINE = [
  // A kernel without these devices, or without firewall tables.
  /operation not supported/,
  /not implemented/,
  // A machine so busy that the kernel does not get to it in the seconds for which the plugin waits.
  /still has tentative addresses after/,
  /bridge port in error state/,
  /signal: killed/,
];

export function isOfThisMachine(error: string): boolean {
  return OF_THIS_MACHINE.some((pattern) => pattern.test(error));
}

/** Refusals that the checker leaves to the node, each with its reason. */
const EXCEPTIONS: { error: RegExp; reason: string }[] = [
  {
    error: /already exists but is not a bridge/,
    reason: "which interfaces a node has, its configuration does not say",
  },
  {
    error: /invalid MTU \d+, must be \[0, master MTU\(1500\)\]/,
    reason: "the master's own MTU, which the configuration does not say",
  },
  {
    error: /backend was requested but configuration contains/,
    reason:
      "without a backend the node decides between iptables and nftables; with one the checker refuses this too",
  },
  {
    error: /specify either "device", "hwaddr", "kernelpath" or "pciBusID"/,
    reason:
      "the NAD's annotation resourceName, which is no part of the configuration, brings a device; a warning says so",
  },
];

/** Why a refusal that the checker does not foresee is none of its own; undefined where it is a fault. */
export function exceptionFor(error: string): string | undefined {
  return EXCEPTIONS.find((exception) => exception.error.test(error))?.reason;
}
