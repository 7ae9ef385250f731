import { fixOf, issuesOf, type KnownDefect, knownDefect } from "../../multus/known-defects.ts";
import { type Cause, cause } from "./cause-codes.ts";

/** host-local, Calico's IPAM; in a message about the cluster's own network. */
const USED_UP =
  /no IP addresses available in range set|requested IPv[46] addresses|No (?:more )?(?:free )?IPs? (?:are )?available/i;
const LEAK = knownDefect("primary-del-stripped");

/**
 * The cause of a pod that gets no address of the cluster's own network, if the running Multus release leaks these.
 *
 * @param found what the message alone shows
 */
export function leakedAddresses(found: Cause, defects: readonly KnownDefect[] | undefined): Cause {
  if (found.code !== "PRIMARY_NETWORK" || !USED_UP.test(found.sentence) || !defects?.includes(LEAK))
    return found;
  return cause(
    "KNOWN_DEFECT",
    `${found.sentence}. The installed Multus has a known defect that uses the range up: ${LEAK.consequence}. Fix: ${fixOf(LEAK)} (${issuesOf(LEAK)})`,
  );
}
