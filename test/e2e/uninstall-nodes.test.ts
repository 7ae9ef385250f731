import { afterAll, beforeAll, expect, it } from "vitest";
import { binary } from "../cluster/binaries.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { snapshots } from "./node-snapshot.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/** Nodes that change or are down while Multus is installed and deleted, and a chart that goes first. */

describeOn(["nodeExec", "ownNodes", "loadImage"], "uninstall with nodes that are not well", () => {
  let on: UninstallCluster;

  beforeAll(async () => {
    on = await UninstallCluster.start("multus-v4.3.0", "multus-v4.3.0-thick");
  });

  afterAll(async () => {
    await on?.stop();
  });

  it("reports which primary network the nodes have, and what is wrong on them", async () => {
    await on.install({});
    const status = () => on.multus.status();
    await waitUntil(
      "both nodes to be inspected",
      async () => (await status()).primaryNetwork?.nodesInspected === 2,
    );
    expect((await status()).primaryNetwork?.files).toEqual([
      { file: "10-bridge.conflist", networkName: "bridge-net", nodes: 2 },
    ]);
    expect((await status()).distribution?.name).toBe("Kubernetes");
    const [first, second] = on.cluster.nodes;
    await first?.exec(
      "sh",
      "-c",
      `echo '{"cniVersion":"0.3.1","name":"x","type":"x"}' > /etc/cni/net.d/00-a.conf`,
    );
    await second?.exec("mv", "/etc/cni/net.d/10-bridge.conflist", "/var/lib/moved.conflist");
    // A pod that is new makes the operator inspect the node.
    await on.kubectl.run("delete", "pod", "-n", "kube-system", "-l", "app=multus", "--wait=false");
    const reasons = async () =>
      (await on.multus.unhealthy()).map(({ node, reason }) => `${node} ${reason}`).toSorted();
    await waitUntil(
      "the status to name both",
      async () => {
        const found = (await reasons()).join();
        return found === "node-1 AnotherConfigurationFirst,node-2 NoPrimaryNetwork";
      },
      { everyMs: 250 },
    );
    await first?.exec("rm", "/etc/cni/net.d/00-a.conf");
    await second?.exec("mv", "/var/lib/moved.conflist", "/etc/cni/net.d/10-bridge.conflist");
    await on.kubectl.run("delete", "pod", "-n", "kube-system", "-l", "app=multus", "--wait=false");
    await on.multus.ready();
    await waitUntil("nothing to be wrong", async () => (await reasons()).length === 0);
    await on.multus.remove();
    expect(await on.snapshots()).toEqual(on.before);
  });

  it("continues without a node that is down after the timeout, and names it", async () => {
    await on.install({ uninstall: { timeout: "10s" } });
    await on.cluster.stopNode("node-2");
    await on.multus.remove();
    expect(await snapshots(on.cluster.nodes.slice(0, 1))).toEqual(on.before.slice(0, 1));
    const notes = await on.kubectl.run(
      "get",
      "events",
      "-A",
      "--field-selector",
      "reason=NodesNotCleaned",
      "-o",
      "jsonpath={.items[*].message}",
    );
    expect(notes).toContain("node-2");
    expect(notes).not.toContain("node-1");
    await waitUntil(
      "every pod to be gone",
      async () => (await on.kubectl.run("get", "pods", "-n", "kube-system", "-o", "name")) === "",
    );
    await on.cluster.startNode("node-2");
    await on.cluster.waitForNodes();
    // What the guide says: install once more, and delete.
    await on.install({});
    await on.multus.remove();
    expect(await on.snapshots()).toEqual(on.before);
  });

  it("waits for a node that comes back in time, and cleans it", async () => {
    await on.install({ mode: "Thick", uninstall: { timeout: "10m" } });
    await on.cluster.stopNode("node-2");
    await on.kubectl.run("delete", "multusinstall", "multus", "--wait=false");
    const message = async () => (await on.multus.status()).conditions?.[0]?.message ?? "";
    await waitUntil("the status to name the node", async () => (await message()).includes("node-2"));
    await waitUntil("the other node to be clean", async () =>
      (await message()).includes("1 of 2 nodes cleaned"),
    );
    await on.cluster.startNode("node-2");
    await on.multus.gone();
    expect(await on.snapshots()).toEqual(on.before);
    await on.startPods("after", {});
    await on.deletePods();
  });

  it("was allowed everything that it asked for", async () => {
    const log = await on.operatorLog();
    expect(log).toContain("node cleaned");
    expect(log.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
  });

  it("does not let the chart go before the MultusInstall, nor strand that if the chart is removed without its hooks", async () => {
    const { kubeconfig } = on.kubectl;
    const helm = async (...args: string[]) =>
      await execute(await binary("helm"), [
        ...args,
        "--namespace",
        "multus-operator",
        "--kubeconfig",
        kubeconfig,
      ]);
    const uninstall = async (...args: string[]) =>
      await helm("uninstall", "multus-operator", "--timeout", "120s", ...args);
    const guard = "multus-operator-delete-the-multusinstall-or-helm-rollback";
    await on.install({});
    await expect(uninstall()).rejects.toThrow(guard);
    const log = await on.kubectl.run("logs", "-n", "multus-operator", `job/${guard}`);
    await helm(...(/helm (rollback [^;]*);/.exec(log)?.[1] ?? "").split(" "));
    expect(JSON.parse(await helm("status", "multus-operator", "-o", "json"))).toMatchObject({
      info: { status: "deployed" },
    });
    expect(await on.kubectl.run("get", "deployment", "-n", "multus-operator", "-o", "name")).not.toBe("");
    await uninstall("--no-hooks", "--wait");
    await on.kubectl.run("delete", "multusinstall", "multus", "--wait=false");
    expect(await on.kubectl.run("get", "multusinstall", "-o", "name")).not.toBe(""); // it waits for its operator
    await installOperator(on.kubectl);
    await on.multus.gone();
    expect(await on.snapshots()).toEqual(on.before);
    await uninstall();
    await waitUntil(
      "the chart's objects to be gone",
      async () =>
        (await on.kubectl.run("get", "deployment,job", "-n", "multus-operator", "-o", "name")) === "",
    );
  });
});
