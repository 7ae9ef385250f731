import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";

export const NETWORK_DEFINITION = "network-attachment-definitions.k8s.cni.cncf.io";

const description = {
  root: "NetworkAttachmentDefinition is a CRD schema specified by the Network Plumbing Working Group to express the intent for attaching pods to one or more logical or physical networks. More information available at: https://github.com/k8snetworkplumbingwg/multi-net-spec",
  spec: "NetworkAttachmentDefinition spec defines the desired state of a network attachment",
  config: "NetworkAttachmentDefinition config is a JSON-formatted CNI configuration",
};

/** The CRD of NetworkAttachmentDefinition, with the schema that Multus ships. */
export function networkDefinition(install: MultusInstall): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: NETWORK_DEFINITION, labels: ownerLabels(install) },
    spec: {
      group: "k8s.cni.cncf.io",
      scope: "Namespaced",
      names: {
        plural: "network-attachment-definitions",
        singular: "network-attachment-definition",
        kind: "NetworkAttachmentDefinition",
        listKind: "NetworkAttachmentDefinitionList",
        shortNames: ["nad", "net-attach-def"],
      },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              description: description.root,
              type: "object",
              properties: {
                spec: {
                  description: description.spec,
                  type: "object",
                  properties: { config: { description: description.config, type: "string" } },
                },
              },
            },
          },
        },
      ],
    },
  };
}
