import { fixOf, hasDefect, issuesOf, knownDefect } from "../../multus/known-defects.ts";
import type { Network } from "./network.ts";
import type { ClusterView, CrossFinding } from "./view.ts";

const LIST_WITHOUT_VERSION = knownDefect("list-without-version");

/** NADs that the running Multus release has a defect with. */
export function knownDefects(networks: readonly Network[], { install }: ClusterView): CrossFinding[] {
  if (!install || !hasDefect(install.version, LIST_WITHOUT_VERSION)) return [];
  const { consequence } = LIST_WITHOUT_VERSION;
  const fix = `${fixOf(LIST_WITHOUT_VERSION)} (${issuesOf(LIST_WITHOUT_VERSION)})`;
  return networks
    .filter(
      ({ isList, cniVersion, plugins }) => isList && cniVersion === "" && plugins.some(({ ipam }) => ipam),
    )
    .map(({ nad: { namespace, name } }) => ({
      namespace,
      name,
      path: "cniVersion",
      severity: "warning",
      code: "KNOWN_DEFECT",
      message: `is missing next to plugins, and Multus ${install.version} has a known defect in this case: ${consequence}. Fix: ${fix}`,
    }));
}
