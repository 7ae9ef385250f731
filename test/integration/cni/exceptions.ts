/** What a kernel without these devices, or without firewall tables, says: no word on the configuration. */
const OF_THIS_MACHINE = [/operation not supported/, /not implemented/];

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
    error: /failed to create macvlan: (invalid argument|device or resource busy)/,
    reason: "passthru wants the master for itself, and the case before may still be on it",
  },
  {
    error: /already has an IP address different from/,
    reason: "a gateway bridge with several IPv4 sets and no forceAddress: not checked yet",
  },
  {
    error: /No IP addresses supplied on interface/,
    reason: "sbr after a plugin without addresses: not checked yet",
  },
  {
    error: /backend was requested but configuration contains/,
    reason:
      "without a backend the node decides between iptables and nftables; with one the checker refuses this too",
  },
  {
    error: /keep_addr_on_down: no such file/,
    reason: "IPv6 on an MTU below 1280: not checked yet",
  },
  {
    error: /failed to add route '\{0\.0\.0\.0 .*file exists/,
    reason: "isDefaultGateway beside a default route without gw: a warning for each, not yet an error",
  },
  {
    error: /specify either "device", "hwaddr", "kernelpath" or "pciBusID"/,
    reason:
      "the NAD's annotation resourceName, which is no part of the configuration, brings a device; a warning says so",
  },
];

export function exceptionFor(_text: string, error: string): string | undefined {
  return EXCEPTIONS.find((exception) => exception.error.test(error))?.reason;
}
