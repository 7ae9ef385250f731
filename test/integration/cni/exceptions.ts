/**
 * What says no word on the configuration, each by the words of the plugins that it is for: the same complaint of
 * another plugin is a rejection like any other.
 */
const OF_THIS_MACHINE = [
  // A kernel without these devices: netlink answers EOPNOTSUPP.
  /failed to create (ipvlan|vlan|dummy): operation not supported/,
  /could not add VRF \S+: operation not supported/,
  // A kernel whose bridges filter no VLANs, which "vlan" and "vlanTrunk" ask for, an empty list too.
  /failed to create bridge "[^"]*": could not add "[^"]*": operation not supported/,
  // A machine so busy that the kernel does not get to it in the seconds for which the plugin waits.
  /link \S+ still has tentative addresses after \d+ seconds/,
  /bridge port in error state/,
  // A machine without the program, which "ipMasqBackend": "nftables" runs.
  /could not find nftables binary: exec: "nft": executable file not found/,
];

export function isOfThisMachine(error: string): boolean {
  return OF_THIS_MACHINE.some((pattern) => pattern.test(error));
}

/**
 * The plugin was ended after the minute that an ADD may take. A busy machine does that once in a while; a plugin that
 * hangs does it each time it is asked.
 */
export function wasEnded(error: string): boolean {
  return error.includes("signal: killed");
}

/**
 * An address of "addresses" or of the request that whereabouts gives too: it knows nothing of those, and which it
 * gives depends on what other pods have.
 */
export function isGivenTwice(error: string): boolean {
  return /failed to add IP addr .* file exists/.test(error);
}

/**
 * whereabouts without a range of its own: that of the node's whereabouts.conf counts then, and the reader's file has
 * none. The checker warns of it.
 */
export function hasNoRangeHere(error: string): boolean {
  return error === "IPAM plugin returned missing IP config";
}

/** Rejections that the checker leaves to the node, each with its reason. */
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
      "without a backend the node decides between iptables and nftables; with one the checker rejects this too",
  },
  {
    error:
      /^(plugin type="\w+" failed \(add\): )?Link not found$|failed to lookup (parent interface|master)[^:]*: Link not found/,
    reason: "which alternative names the node's interfaces have, its configuration does not say",
  },
];

/** Why the checker need not report a rejection by the real plugin; undefined if it should have reported it. */
export function exceptionFor(error: string): string | undefined {
  return EXCEPTIONS.find((exception) => exception.error.test(error))?.reason;
}
