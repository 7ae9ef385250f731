/** Where the API server serves NADs. The CRD is upstream's; src/render/definition.ts holds it. */
export const NETWORK_ATTACHMENT_DEFINITIONS = {
  group: "k8s.cni.cncf.io",
  version: "v1",
  kind: "NetworkAttachmentDefinition",
  plural: "network-attachment-definitions",
  namespaced: true,
};
