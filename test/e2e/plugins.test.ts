import { afterAll, beforeAll, expect, it } from "vitest";
import { PLUGIN_RECORD } from "../../src/node/plugin-record.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { PLUGINS_IMAGE } from "../cluster/images.ts";
import { macvlan, nad, range } from "../cluster/network-scenarios.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { snapshots } from "./node-snapshot.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/** Nodes without the plugins that a network needs, on real nodes with real Multus. */

interface Status {
  status?: { plugins?: { image: string; needed?: string[]; pendingTotal: number; failedTotal: number } };
}

describeOn(["nodeExec", "ownNodes", "loadImage", "secondNetwork"], "CNI plugins that nodes lack", () => {
  let on: UninstallCluster;
  let before: string[];

  beforeAll(async () => {
    on = await UninstallCluster.start("multus-v4.3.0", "cni-plugins");
    const [first, second] = on.cluster.nodes;
    await first?.exec("rm", "/opt/cni/bin/macvlan", "/opt/cni/bin/static");
    // A program of the same name that is another: it has a byte more.
    await second?.exec("sh", "-c", "printf x >> /opt/cni/bin/macvlan && rm /opt/cni/bin/static");
    before = await snapshots(on.cluster.nodes);
  });

  afterAll(async () => {
    await on?.stop();
  });

  const status = async () => (await on.multus.now<Status>()).status?.plugins;
  const has = async (index: number, name: string) => {
    const list = await on.cluster.nodes[index]?.exec("ls", "-A", "/opt/cni/bin");
    return list?.split("\n").includes(name) ?? false;
  };

  it("are not installed while no network needs them", async () => {
    await on.install({ plugins: { install: "Missing", image: PLUGINS_IMAGE } });
    await waitUntil("the status to show the nodes", async () => {
      const plugins = await status();
      return plugins !== undefined && plugins.needed === undefined && plugins.pendingTotal === 0;
    });
    expect(await has(0, "macvlan")).toBe(false);
    expect(await has(0, PLUGIN_RECORD)).toBe(false);
  });

  it("are installed once a network needs them, and pods get their interface", async () => {
    await on.kubectl.runWithInput(JSON.stringify(nad("lan", macvlan(range(100, 120)))), "apply", "-f", "-");
    await waitUntil("the plugin to be on the node", () => has(0, "macvlan"));
    await on.startPods("uses", { "k8s.v1.cni.cncf.io/networks": "lan" });
    const reported = await on.kubectl.run(
      ...[
        "get",
        "pods",
        "-o",
        String.raw`jsonpath={.items[*].metadata.annotations.k8s\.v1\.cni\.cncf\.io/network-status}`,
      ],
    );
    expect(reported.match(/"interface": *"net1"/g)).toHaveLength(2);
    await waitUntil("the status to show it", async () => (await status())?.pendingTotal === 0);
    expect(await status()).toMatchObject({ needed: ["host-local", "macvlan"], failedTotal: 0 });
    // Of what no network needs nothing was installed.
    expect(await has(0, "static")).toBe(false);
    expect(await has(1, PLUGIN_RECORD)).toBe(false);
    await on.multus.ready();
  });

  it("are installed again after they were lost, when a pod needs them", async () => {
    await on.deletePods();
    await on.cluster.nodes[0]?.exec("rm", "/opt/cni/bin/macvlan");
    await on.startPods("again", { "k8s.v1.cni.cncf.io/networks": "lan" });
    expect(await has(0, "macvlan")).toBe(true);
    await on.deletePods();
  });

  it("go with the MultusInstall, and the nodes are as they were", async () => {
    await on.kubectl.run("delete", "net-attach-def", "lan");
    await on.multus.remove();
    expect(await snapshots(on.cluster.nodes)).toEqual(before);
    expect((await on.operatorLog()).split("\n").filter((line) => line.includes("denied request"))).toEqual(
      [],
    );
  });
});
