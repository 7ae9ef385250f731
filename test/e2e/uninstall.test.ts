import { afterAll, beforeAll, expect, it } from "vitest";
import { describeOn } from "../cluster/open-cluster.ts";
import { leftBehind } from "./node-snapshot.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/** After a deletion the nodes are as they were, byte for byte, and pods start on them. */

/** Another bridge than the nodes' own: one bridge has one range. */
const INLINE = {
  name: "inline",
  cniVersion: "0.3.1",
  plugins: [
    {
      type: "bridge",
      bridge: "inline0",
      isGateway: true,
      ipam: { type: "host-local", subnet: "10.77.0.0/24" },
    },
  ],
};
const ANNOTATION = { "k8s.v1.cni.cncf.io/networks": "default/further" };

describeOn(["nodeExec", "ownNodes", "loadImage"], "uninstall on real nodes", () => {
  let on: UninstallCluster;

  beforeAll(async () => {
    on = await UninstallCluster.start("multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2");
  });

  afterAll(async () => {
    await on?.stop();
  });

  const network = {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name: "further" },
    spec: {
      config: JSON.stringify({
        cniVersion: "0.3.1",
        type: "ptp",
        ipam: { type: "host-local", subnet: "10.9.9.0/24" },
      }),
    },
  };
  const thin = { resources: { requests: { cpu: "10m", memory: "16Mi" } } };

  it.each([
    {
      name: "v3.4.2, which renamed the primary network's file",
      spec: { version: "v3.4.2", entrypoint: { renameConfFile: true } },
    },
    { name: "v4 thin", spec: { workload: thin } },
    {
      name: "v4 thin, Inline",
      spec: { primaryNetwork: { source: "Inline", config: JSON.stringify(INLINE) } },
    },
    { name: "v4 thick", spec: { mode: "Thick" } },
  ])("leaves the nodes as they were: $name", async ({ spec }) => {
    await on.install(spec);
    expect(await on.snapshots()).not.toEqual(on.before);
    await on.kubectl.runWithInput(JSON.stringify(network), "apply", "-f", "-");
    await on.startPods("with", ANNOTATION);
    await on.multus.remove();
    expect(await on.snapshots()).toEqual(on.before);
    for (const node of on.cluster.nodes) expect(await leftBehind(node), node.name).toEqual([]);
    await on.startPods("without", {});
    await on.deletePods();
    expect(await on.kubectl.run("get", "pods", "-n", "kube-system", "-o", "name")).toBe("");
  });

  it("was allowed everything that it asked for", async () => {
    const log = await on.operatorLog();
    expect(log).toContain("node cleaned");
    expect(log.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
  });
});
