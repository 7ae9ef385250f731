import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { renderInstall } from "../../src/render/render.ts";
import type { AuditEvent } from "../cluster/audit.ts";
import type { Manifest } from "./chart.ts";

/** A rule of RBAC. */
interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** `patch multusinstalls.multus-operator.dev`; a resource of the core group ends in nothing. */
export type Right = string;

const right = (verb: string, resource: string, group: string): Right =>
  `${verb} ${resource}${group === "" ? "" : `.${group}`}`;

const rightsOf = (rules: readonly Rule[]) =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => right(verb, resource, group))),
    ),
  );

/** What the chart grants to the operator's account. */
export function grantedRights(manifests: readonly Manifest[]): Set<Right> {
  const names = ["multus-operator", "multus-operator-leader"];
  const roles = manifests.filter(({ kind, metadata }) => /Role$/.test(kind) && names.includes(metadata.name));
  return new Set(roles.flatMap((role) => rightsOf((role.rules ?? []) as Rule[])));
}

/** What the operator holds to grant it to Multus, of any release and mode, and to whereabouts. */
export function heldRights(): Set<Right> {
  const specs = [
    { whereabouts: { enabled: true } },
    { version: "v3.4.2" },
    { mode: "Thick", daemon: { perNodeCertificate: { enabled: true } } },
  ];
  const objects = specs.flatMap((spec) => renderInstall(parsedInstall(spec)).objects);
  return new Set(objects.flatMap((role) => rightsOf((role.rules ?? []) as Rule[])));
}

/**
 * The rights that requests needed. Server-side apply of an object that does not exist needs `create` too; an approval
 * needs `approve` of the signer, which no request names.
 */
export function usedRights(events: readonly AuditEvent[]): Set<Right> {
  return new Set(
    events.flatMap(({ verb, objectRef, responseStatus }) => {
      if (!objectRef?.resource) return [];
      const { resource, subresource, apiGroup = "" } = objectRef;
      const name = subresource ? `${resource}/${subresource}` : resource;
      if (name === "certificatesigningrequests/approval")
        return [right(verb, name, apiGroup), right("approve", "signers", apiGroup)];
      const created = verb === "patch" && responseStatus?.code === 201;
      return [right(verb, name, apiGroup), ...(created ? [right("create", name, apiGroup)] : [])];
    }),
  );
}
