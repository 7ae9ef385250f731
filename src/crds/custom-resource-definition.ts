import type { KubeObject } from "./kube-object.ts";
import type { Validation } from "./rule.ts";

/** What the API is called. */
interface ApiType {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

interface Contents {
  shortNames: string[];
  /** Of `kubectl get`. */
  columns: object[];
  description: string;
  rules?: readonly Validation[];
  /** In addition to apiVersion, kind and metadata. */
  properties: Record<string, object>;
}

/** The CustomResourceDefinition of one of this project's APIs: one version, with a status of its own to write. */
export function definitionOf(
  { group, version, kind, plural, namespaced }: ApiType,
  { shortNames, columns, description, rules = [], properties }: Contents,
): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames,
        categories: ["multus"],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: "object",
              description,
              ...(rules.length > 0
                ? { "x-kubernetes-validations": rules.map(({ rule, message }) => ({ rule, message })) }
                : {}),
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                ...properties,
              },
            },
          },
        },
      ],
    },
  };
}
