import { afterAll, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { apply, macvlan, nad, podAsking, waitForRunning } from "../cluster/network-scenarios.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { net1Address, pingOverNet1 } from "../cluster/walkthrough.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/** spec.whereabouts on two real nodes, with the real whereabouts: addresses of the whole cluster, and nodes as before. */

interface Pools {
  items: { spec: { range: string; allocations: Record<string, { podref: string }> } }[];
}

describeOn(["nodeExec", "ownNodes", "loadImage", "secondNetwork"], "whereabouts on real nodes", () => {
  let on: UninstallCluster;

  beforeAll(async () => {
    on = await UninstallCluster.start("multus-v4.3.0", "whereabouts");
  });

  afterAll(async () => {
    await on?.stop();
  });

  /** The pods that have an address by the records of whereabouts. */
  async function holders(): Promise<string[]> {
    const { items } = await on.kubectl.get<Pools>("ippools.whereabouts.cni.cncf.io", "-n", "kube-system");
    return items
      .flatMap(({ spec }) => Object.values(spec.allocations).map(({ podref }) => podref))
      .toSorted();
  }

  it("gives pods on two nodes different addresses of one range, and they reach each other", async () => {
    await on.install({ whereabouts: { enabled: true } });
    const network = macvlan({ type: "whereabouts", range: "10.77.0.0/24" });
    const pods = on.cluster.nodes.map(({ name }) => podAsking(`on-${name}`, "lan", name));
    await apply(on.kubectl, nad("lan", network), ...pods);
    await waitForRunning(on.kubectl, "on-node-1", "on-node-2");
    const [first, second] = [
      await net1Address(on.kubectl, "on-node-1"),
      await net1Address(on.kubectl, "on-node-2"),
    ];
    expect([first, second].toSorted()).toEqual(["10.77.0.1", "10.77.0.2"]);
    expect(await pingOverNet1(on.kubectl, "on-node-1", second)).toContain("1 packets received");
    expect(await holders()).toEqual(["default/on-node-1", "default/on-node-2"]);
  });

  it("releases the address of a pod that ends", async () => {
    await on.kubectl.run("delete", "pod", "on-node-1", "--grace-period=1");
    await waitUntil("the address to be released", async () => (await holders()).length === 1);
    expect(await holders()).toEqual(["default/on-node-2"]);
  });

  it("leaves the nodes as they were when it is removed, and keeps the pools", async () => {
    await on.kubectl.run("delete", "pod", "on-node-2", "--grace-period=1");
    await on.multus.remove();
    expect(await on.snapshots()).toEqual(on.before);
    const { items } = await on.kubectl.get<Pools>("ippools.whereabouts.cni.cncf.io", "-n", "kube-system");
    expect(items.map(({ spec }) => spec.range)).toEqual(["10.77.0.0/24"]);
  });

  it("removes its files of an install that had switched it off before", async () => {
    await on.install({ whereabouts: { enabled: true } });
    await on.install({});
    const files = async () => await on.cluster.nodes[0]?.exec("ls", "/etc/cni/net.d/whereabouts.d");
    expect(await files()).toContain("whereabouts.conf");
    await on.multus.remove();
    expect(await on.snapshots()).toEqual(on.before);
  });
});
