import type { Finding } from "../../cni/finding.ts";
import { pathAndMessage, show } from "../../cni/finding.ts";
import { type Cause, cause, editHint } from "./cause-codes.ts";
import { FAILURE_PATTERNS } from "./failure-patterns.ts";
import { type FailurePlace, nameOf } from "./failure-place.ts";

/** The cause of a sandbox that could not be made, by what Multus or the plugin reported. */
export function causeOfFailure(message: string, place: FailurePlace): Cause {
  for (const { code, matches, when, sentence } of FAILURE_PATTERNS) {
    const found = matches.exec(message);
    if (!found || when?.(place) === false) continue;
    return cause(
      code,
      sentence(
        found.slice(1).map((group) => (group ?? "").trim()),
        place,
      ),
    );
  }
  const [error] = place.errors;
  if (error && place.network !== undefined) return badConfig(place.network, error);
  return cause(
    "PLUGIN_ERROR",
    `${nameOf(place)} cannot be attached on ${place.node}: ${message}. The cause is not known here: check that message in the documentation of the plugin, and kubectl multus logs --node ${place.node}`,
  );
}

/** What can be said better of the primary network than in the plugin's words. */
export function causeOfPrimary(network: string, message: string, node: string): Cause | undefined {
  const [, version] = /unsupported CNI result version \\?"([^"\\]*)/.exec(message) ?? [];
  if (version === undefined) return undefined;
  return cause(
    "CNI_VERSION",
    `Multus on ${node} does not support results of CNI version ${version}, which the cluster's primary network ${show(network)} has: set a later release in spec.version of the MultusInstall, or an earlier cniVersion in that network's file on ${node} (status.nodes.unhealthy of the MultusInstall names it); the pod then starts automatically`,
  );
}

/** An error that the checker finds in a NAD, with its place. */
export function badConfig(network: string, finding: Finding): Cause {
  const { line, column } = finding;
  const place = line === undefined ? "" : `, line ${line} column ${column}`;
  return cause(
    "BAD_CONFIG",
    `the configuration of ${network}${place}: ${pathAndMessage(finding)}. ${editHint(network)}`,
  );
}
