import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, itOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import {
  attachPods,
  installMultus,
  installSample,
  net1Address,
  networkStatus,
  pingOverNet1,
  SAMPLE_PODS,
  sampleFile,
} from "../cluster/walkthrough.ts";
import { leftBehind } from "./node-snapshot.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/**
 * The demo's own steps on real nodes, each checked, for every flavour one after another in one cluster. After each deletion
 * the nodes are as they were, byte for byte, and pods start on them.
 */

const FLAVOURS = [
  { version: "v4.3.0", mode: "Thin", nadName: "default/macvlan-conf" },
  { version: "v4.3.0", mode: "Thick", nadName: "default/macvlan-conf" },
  // v3 reports the NAD without its namespace.
  { version: "v3.4.2", mode: "Thin", nadName: "macvlan-conf" },
];

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
const FURTHER = {
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
/** What else Multus writes on a node, or moves there. */
const WRITING_MORE = [
  {
    name: "v3.4.2, which renamed the primary network's file",
    spec: { version: "v3.4.2", entrypoint: { renameConfFile: true } },
  },
  {
    name: "v4 thin, Inline",
    spec: {
      primaryNetwork: { source: "Inline", config: JSON.stringify(INLINE) },
      workload: { resources: { requests: { cpu: "10m", memory: "16Mi" } } },
    },
  },
];

describeOn(["nodeExec", "loadImage", "secondNetwork"], "the walk-through on real nodes", () => {
  let cluster: OpenCluster;
  let kubectl: Kubectl;
  let on: UninstallCluster<OpenCluster>;

  beforeAll(async () => {
    cluster = await openCluster({
      nodes: 2,
      images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
    });
    on = await UninstallCluster.on(cluster);
    kubectl = on.kubectl;
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  async function expectAsBefore(): Promise<void> {
    expect(await on.snapshots()).toEqual(on.before);
    for (const node of cluster.nodes) expect(await leftBehind(node), node.name).toEqual([]);
    await on.startPods("without", {});
    await on.deletePods();
    expect(await kubectl.run("get", "pods", "-n", "kube-system", "-o", "name")).toBe("");
  }

  describe.each(FLAVOURS)("$version $mode", (variant) => {
    it("gives pods a second interface, and takes Multus away again", async () => {
      await installMultus(kubectl, installSample(variant.version, variant.mode), variant.version);
      const columns = (await kubectl.run("get", "multusinstall", "--no-headers")).trim().split(/\s+/);
      expect(columns.slice(0, 8)).toEqual([
        "multus",
        "True",
        "Available",
        variant.version,
        variant.mode,
        "2",
        "2",
        "2",
      ]);
      for (const node of cluster.nodes)
        expect(await node.listDirectory("/etc/cni/net.d")).toEqual(
          expect.arrayContaining(["00-multus.conf"]),
        );
      expect(await on.snapshots()).not.toEqual(on.before);

      await attachPods(kubectl);
      const [first, second, third] = await Promise.all(SAMPLE_PODS.map((pod) => net1Address(kubectl, pod)));
      const last = (address: string | undefined) => Number(address?.split(".")[3]);
      for (const address of [first, second])
        expect(last(address)).toSatisfy((n: number) => n >= 200 && n <= 216);
      expect(last(third)).toSatisfy((n: number) => n >= 183 && n <= 199);
      expect(first).not.toBe(second);
      const reported = await networkStatus(kubectl, "sample-1");
      // The first one's name is that of the primary network: kind has another than the test cluster.
      expect(reported.map(({ interface: link }) => link)).toEqual(["eth0", "net1"]);
      expect(reported[1]?.name).toBe(variant.nadName);
      expect(reported[1]?.ips).toEqual([first]);
      expect(await pingOverNet1(kubectl, "sample-1", second ?? "")).toContain("1 packets received");
      expect(await pingOverNet1(kubectl, "sample-1", third ?? "")).toContain("1 packets received");

      // One with Multus there, and two after it.
      await kubectl.run("delete", "pod", "sample-3");
      await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
      const left = await kubectl.run(
        "get",
        "daemonset,configmap,serviceaccount,clusterrole,clusterrolebinding",
        "-A",
        "-l",
        "multus-operator.dev/install=multus",
        "-o",
        "name",
      );
      expect(left).toBe("");
      expect(
        await kubectl.run("get", "crd", "network-attachment-definitions.k8s.cni.cncf.io", "-o", "name"),
      ).not.toBe("");
      const samples = ["macvlan-pods.yaml", "macvlan-conf.yaml"].flatMap((name) => ["-f", sampleFile(name)]);
      await kubectl.run("delete", "--ignore-not-found", ...samples);
    });

    itOn(["ownNodes"], "leaves the nodes as they were", expectAsBefore);
  });

  describe.each(WRITING_MORE)("$name", ({ spec }) => {
    itOn(["ownNodes"], "leaves the nodes as they were", async () => {
      await on.install(spec);
      expect(await on.snapshots()).not.toEqual(on.before);
      await kubectl.runWithInput(JSON.stringify(FURTHER), "apply", "-f", "-");
      await on.startPods("with", { "k8s.v1.cni.cncf.io/networks": "default/further" });
      await on.multus.remove();
      await expectAsBefore();
    });
  });

  it("brings a deleted DaemonSet back", async () => {
    await installMultus(kubectl, installSample("v4.3.0", "Thin"), "v4.3.0");
    const uid = async () => {
      const name = ["daemonset", "kube-multus-ds", "-n", "kube-system"];
      return (await kubectl.get<{ metadata: { uid: string } }>(...name)).metadata.uid;
    };
    const before = await uid();
    await kubectl.run(
      "delete",
      "daemonset",
      "kube-multus-ds",
      "-n",
      "kube-system",
      "--wait=false",
      "--cascade=orphan",
    );
    await waitUntil("the DaemonSet to be back", async () => (await uid()) !== before);
    await new TestInstall(kubectl).ready();
  });

  it("says which image cannot be pulled, and on which node", async () => {
    await new TestInstall(kubectl).apply({
      image: { registry: "127.0.0.1:9", repository: "no/such", tag: "image" },
    });
    await waitUntil(
      "the status to say so",
      async () => {
        const shown = await kubectl.run("get", "multusinstall", "multus", "-o", "wide");
        return (
          /False\s+NodesUnhealthy/.test(shown) && shown.includes("127.0.0.1:9/no/such:image cannot be pulled")
        );
      },
      { everyMs: 500 },
    );
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  });

  it("never asked for something that the chart's role does not allow", async () => {
    const log = await on.operatorLog();
    expect(log).toContain("leading");
    expect(log).toContain("node cleaned");
    expect(log.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
  });
});
