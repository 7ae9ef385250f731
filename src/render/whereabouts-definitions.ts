import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";

const GROUP = "whereabouts.cni.cncf.io";

interface Schema {
  type: "object" | "string" | "array";
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema;
}

const text = (description?: string): Schema => ({ type: "string", ...(description ? { description } : {}) });
const object = (properties: Record<string, Schema>, required: string[], description?: string): Schema => ({
  ...(description ? { description } : {}),
  type: "object",
  properties,
  required,
});

/** The CRDs of whereabouts, with the schemas that v0.8.0 to v0.9.4 ship (doc/crds). */
export function poolDefinitions(install: MultusInstall): KubeObject[] {
  return [
    definition(install, "IPPool", {
      spec: object(
        {
          allocations: {
            description:
              "Allocations is the set of allocated IPs for the given range. Its indices are a direct mapping to the IP with the same index/offset for the pool's range.",
            type: "object",
            additionalProperties: object(
              { id: text(), ifname: text(), podref: text() },
              ["id", "podref"],
              "IPAllocation represents metadata about the pod/container owner of a specific IP",
            ),
          },
          range: text(
            "Range is a RFC 4632/4291-style string that represents an IP address and prefix length in CIDR notation",
          ),
        },
        ["allocations", "range"],
        "IPPoolSpec defines the desired state of IPPool",
      ),
    }),
    definition(
      install,
      "OverlappingRangeIPReservation",
      {
        spec: object(
          { containerid: text(), ifname: text(), podref: text() },
          ["podref"],
          "OverlappingRangeIPReservationSpec defines the desired state of OverlappingRangeIPReservation",
        ),
      },
      ["spec"],
    ),
    definition(install, "NodeSlicePool", {
      spec: object(
        {
          range: text(
            "Range is a RFC 4632/4291-style string that represents an IP address and prefix length in CIDR notation; this refers to the entire range where the node is allocated a subset",
          ),
          sliceSize: text(
            "SliceSize is the size of subnets or slices of the range that each node will be assigned",
          ),
        },
        ["range", "sliceSize"],
        "NodeSlicePoolSpec defines the desired state of NodeSlicePool",
      ),
      status: object(
        {
          allocations: {
            description: "Allocations holds the allocations of nodes to slices",
            type: "array",
            items: object({ nodeName: text(), sliceRange: text() }, ["nodeName", "sliceRange"]),
          },
        },
        ["allocations"],
        "NodeSlicePoolStatus defines the desired state of NodeSlicePool",
      ),
    }),
  ];
}

function definition(
  install: MultusInstall,
  kind: string,
  properties: Record<string, Schema>,
  required?: string[],
): KubeObject {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}`, labels: ownerLabels(install) },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description: `${kind} is the Schema for the ${plural} API`,
              type: "object",
              properties: { apiVersion: text(), kind: text(), metadata: { type: "object" }, ...properties },
              ...(required ? { required } : {}),
            },
          },
        },
      ],
    },
  };
}
