import { expect, it } from "vitest";
import { checkCluster } from "./cluster.ts";

const nad = (name: string, config: object, namespace = "shop") => ({
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name, namespace },
  spec: { config: JSON.stringify(config) },
});
const deployment = (networks: string, namespace = "shop") => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace },
  spec: { template: { metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": networks } }, spec: {} } },
});
const LAN = { cniVersion: "1.0.0", type: "macvlan", master: "eth0" };
const codes = (objects: object[], namespace?: string, allNetworks = true) =>
  checkCluster({ objects, allNetworks, reports: new Map() }, namespace).findings.map(
    ({ kind, namespace: ns, name, code }) => `${kind} ${ns}/${name} ${code}`,
  );

it("reports a network that no NAD is, if all are known, and the near one", () => {
  const objects = [nad("lan", LAN), deployment("lna")];
  expect(codes(objects)).toEqual(["Deployment shop/web MISSING_NETWORK"]);
  expect(codes(objects, undefined, false)).toEqual([]);
  const [found] = checkCluster({ objects, allNetworks: true, reports: new Map() }, undefined).findings;
  expect(found).toMatchObject({
    path: 'spec.template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]',
    severity: "error",
    message: expect.stringContaining('did you mean "shop/lan"?'),
  });
});

it("reports a default network that no NAD is, if the annotation names its namespace", () => {
  const pod = (network: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "shop",
      annotations: { "v1.multus-cni.io/default-network": network },
    },
    spec: {},
  });
  const found = (network: string, allNetworks = true) =>
    codes([nad("lan", { ...LAN, ipam: { type: "dhcp" } }), pod(network)], "shop", allNetworks);
  expect(found("shop/lna")).toEqual(["Pod shop/web MISSING_NETWORK"]);
  expect(found('[{"name":"lna","namespace":"shop"}]')).toEqual(["Pod shop/web MISSING_NETWORK"]);
  expect(found("shop/lan")).toEqual([]);
  expect(found("shop/lna", false)).toEqual([]);
  // Multus' own namespace, which its configuration may name.
  expect(found("first")).toEqual([]);
});

it("reports and counts objects of one namespace, and knows the networks of the others", () => {
  const objects = [
    nad("lan", { ...LAN, mode: "brige" }, "shared"),
    deployment("shared/lan"),
    nad("lan", LAN),
  ];
  expect(codes(objects, "shop")).toEqual([]);
  expect(codes(objects, "shared")).toEqual(["NetworkAttachmentDefinition shared/lan NOT_ONE_OF"]);
  const { checked } = checkCluster({ objects, allNetworks: true, reports: new Map() }, "shop");
  expect([...checked]).toEqual([
    ["Deployment", 1],
    ["NetworkAttachmentDefinition", 1],
  ]);
});

it("adds what only the operator sees, once", () => {
  const finding = (code: string) => ({ severity: "warning" as const, path: "master", code, message: "m" });
  const reports = new Map([
    ["shop/lan", { findings: [finding("MISSING_MASTER"), finding("NOT_ONE_OF")] }],
    ["other/lan", { findings: [finding("MISSING_MASTER")] }],
  ]);
  const objects = [nad("lan", { ...LAN, mode: "brige" })];
  const { findings } = checkCluster({ objects, allNetworks: true, reports }, "shop");
  expect(findings.map(({ code }) => code)).toEqual(["NOT_ONE_OF", "MISSING_MASTER"]);
});
