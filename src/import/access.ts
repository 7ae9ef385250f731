import { NETWORK_DEFINITION } from "../render/definition.ts";
import { GUARD } from "../render/rollout-guard.ts";
import type { Draft } from "./draft.ts";
import type { ImportFinding } from "./finding.ts";
import { Findings } from "./finding.ts";
import type { Manifest } from "./manifest/manifest.ts";

/** What upstream's roles name, wider than Multus needs. */
const NEEDED: Record<string, readonly string[]> = {
  "k8s.cni.cncf.io": ["*", "network-attachment-definitions"],
  "": ["pods", "pods/status", "events"],
  "events.k8s.io": ["events", "pods", "pods/status"],
  "resource.k8s.io": ["resourceclaims", "resourceclaims/status", "resourceslices"],
};
/** Served by no Kubernetes since 1.22 (extensions: 1.16). */
const OLD_VERSION = /\/v1beta1$/;

/** What becomes of the objects beside the DaemonSet and its ConfigMap. */
export function readOthers(others: Manifest["others"], { daemon }: Draft): ImportFinding[] {
  return others.flatMap((other) => {
    const findings = new Findings(`${other.kind} ${other.name}`);
    if (OLD_VERSION.test(other.apiVersion) && KINDS_OF_MULTUS.includes(other.kind))
      findings.note(
        "apiVersion",
        `${other.apiVersion} is no longer served; the operator applies the current version`,
      );
    switch (other.kind) {
      case "CustomResourceDefinition":
        if (other.name !== NETWORK_DEFINITION)
          findings.lost("kind", "is not part of a MultusInstall; apply it separately");
        break;
      case "ClusterRole":
        readRole(other.object, daemon.perNodeCertificate?.enabled === true, findings);
        break;
      case "ClusterRoleBinding":
      case "ServiceAccount":
        break;
      case "DaemonSet":
        if (other.name === GUARD)
          findings.note("the object", "belongs to the operator's rollout; it is not imported");
        else findings.note("kind", "is not part of a MultusInstall; apply it separately");
        break;
      default:
        findings.note("kind", "is not part of a MultusInstall; apply it separately");
    }
    return findings.list;
  });
}

const KINDS_OF_MULTUS = ["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"];

function readRole({ rules }: Record<string, unknown>, hasCertificates: boolean, findings: Findings): void {
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    const { apiGroups = [], resources = [] } = rule as { apiGroups?: string[]; resources?: string[] };
    const further = apiGroups.flatMap((group) =>
      resources
        .filter((resource) => !NEEDED[group]?.includes(resource))
        .filter((resource) => !(hasCertificates && resource === "certificatesigningrequests"))
        .map((resource) => (group === "" ? resource : `${resource}.${group}`)),
    );
    if (further.length > 0)
      findings.lost(
        `rules[${index}]`,
        `Multus does not need ${further.slice(0, 5).join(", ")}: the role that the operator grants does not have it`,
      );
  }
}
