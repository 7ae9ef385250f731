import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { binary } from "../cluster/binaries.ts";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { installNow, installOperator, waitForReady } from "../cluster/walkthrough.ts";
import { leftBehind, snapshots } from "./node-snapshot.ts";

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
interface Status {
  nodes: { unhealthy?: { node: string; reason: string }[] };
  primaryNetwork?: { files: object[]; nodesInspected: number };
  distribution?: { name: string };
}

const ANNOTATION = { "k8s.v1.cni.cncf.io/networks": "default/further" };

describeOn(["nodeExec", "ownNodes", "loadImage"], "uninstall on real nodes", () => {
  let cluster: Cluster;
  let kubectl: Kubectl;
  let before: string[];

  beforeAll(async () => {
    cluster = await startCluster({
      nodes: 2,
      images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
    });
    kubectl = new Kubectl(cluster.kubeconfig);
    for (const node of cluster.nodes) {
      await node.exec("sh", "-c", "umask 077; echo kept > /etc/cni/net.d/10-bridge.conflist.bak");
      await node.exec("ln", "-s", "bridge", "/opt/cni/bin/linked");
    }
    before = await snapshots(cluster.nodes);
    await installOperator(kubectl);
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  async function install(spec: { version?: string; [field: string]: unknown }): Promise<void> {
    const object = {
      apiVersion: MULTUS_INSTALL_API_VERSION,
      kind: "MultusInstall",
      metadata: { name: "multus" },
      spec: { version: "v4.3.0", ...spec },
    };
    await kubectl.runWithInput(JSON.stringify(object), "apply", "-f", "-");
    await waitForReady(kubectl);
  }

  /** A pod on each node, that asks for a second network where Multus is there. */
  async function startPods(name: string, annotations: Record<string, string>): Promise<void> {
    const pods = cluster.nodes.map((node) => pod(`${name}-${node.name}`, { node: node.name, annotations }));
    await kubectl.runWithInput(list(...pods), "apply", "-f", "-");
    await kubectl.run("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s");
  }

  async function deletePods(): Promise<void> {
    await kubectl.run("delete", "pod", "--all", "--force", "--grace-period=0");
  }

  async function condition(): Promise<string> {
    return await kubectl.run(
      "get",
      "multusinstall",
      "multus",
      "--ignore-not-found",
      "-o",
      "jsonpath={.status.conditions[0].message}",
    );
  }

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
    await install(spec);
    expect(await snapshots(cluster.nodes)).not.toEqual(before);
    await kubectl.runWithInput(JSON.stringify(network), "apply", "-f", "-");
    await startPods("with", ANNOTATION);
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=90s");
    expect(await snapshots(cluster.nodes)).toEqual(before);
    for (const node of cluster.nodes) expect(await leftBehind(node), node.name).toEqual([]);
    await startPods("without", {});
    await deletePods();
    expect(await kubectl.run("get", "pods", "-n", "kube-system", "-o", "name")).toBe("");
  });

  it("reports which primary network the nodes have, and what is wrong on them", async () => {
    await install({});
    const status = async () => (await installNow<{ status: Status }>(kubectl)).status;
    await waitUntil(
      "both nodes to be looked at",
      async () => (await status()).primaryNetwork?.nodesInspected === 2,
      {
        timeoutMs: 60_000,
      },
    );
    expect((await status()).primaryNetwork?.files).toEqual([
      { file: "10-bridge.conflist", networkName: "bridge-net", nodes: 2 },
    ]);
    expect((await status()).distribution?.name).toBe("Kubernetes");
    const [first, second] = cluster.nodes;
    await first?.exec(
      "sh",
      "-c",
      `echo '{"cniVersion":"0.3.1","name":"x","type":"x"}' > /etc/cni/net.d/00-a.conf`,
    );
    await second?.exec("mv", "/etc/cni/net.d/10-bridge.conflist", "/var/lib/moved.conflist");
    // A pod that is new makes the operator look.
    await kubectl.run("delete", "pod", "-n", "kube-system", "-l", "app=multus", "--wait=false");
    const reasons = async () =>
      (await status()).nodes.unhealthy?.map(({ node, reason }) => `${node} ${reason}`).toSorted() ?? [];
    await waitUntil(
      "the status to name both",
      async () => {
        const found = (await reasons()).join();
        return found === "node-1 AnotherConfigurationFirst,node-2 NoPrimaryNetwork";
      },
      { timeoutMs: 90_000, everyMs: 250 },
    );
    await first?.exec("rm", "/etc/cni/net.d/00-a.conf");
    await second?.exec("mv", "/var/lib/moved.conflist", "/etc/cni/net.d/10-bridge.conflist");
    await kubectl.run("delete", "pod", "-n", "kube-system", "-l", "app=multus", "--wait=false");
    await waitForReady(kubectl, 120_000);
    await waitUntil("nothing to be wrong", async () => (await reasons()).length === 0, { timeoutMs: 60_000 });
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=90s");
    expect(await snapshots(cluster.nodes)).toEqual(before);
  });

  it("continues without a node that is down after the timeout, and names it", async () => {
    await install({ uninstall: { timeout: "10s" } });
    await cluster.stopNode("node-2");
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
    expect(await snapshots(cluster.nodes.slice(0, 1))).toEqual(before.slice(0, 1));
    const notes = await kubectl.run(
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
      async () => (await kubectl.run("get", "pods", "-n", "kube-system", "-o", "name")) === "",
    );
    await cluster.startNode("node-2");
    await cluster.waitForNodes();
    // What the guide says: install once more, and delete.
    await install({});
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=90s");
    expect(await snapshots(cluster.nodes)).toEqual(before);
  });

  it("waits for a node that comes back in time, and cleans it", async () => {
    await install({ mode: "Thick", uninstall: { timeout: "10m" } });
    await cluster.stopNode("node-2");
    await kubectl.run("delete", "multusinstall", "multus", "--wait=false");
    await waitUntil("the status to name the node", async () => (await condition()).includes("node-2"), {
      timeoutMs: 60_000,
    });
    await waitUntil(
      "the other node to be clean",
      async () => (await condition()).includes("1 of 2 nodes cleaned"),
      { timeoutMs: 60_000 },
    );
    await cluster.startNode("node-2");
    await kubectl.run("wait", "--for=delete", "multusinstall/multus", "--timeout=120s");
    expect(await snapshots(cluster.nodes)).toEqual(before);
    await startPods("after", {});
    await deletePods();
  });

  it("was allowed everything that it asked for", async () => {
    const logs = await kubectl.run(
      "logs",
      "-n",
      "multus-operator",
      "-l",
      "app.kubernetes.io/name=multus-operator",
      "--tail=-1",
    );
    expect(logs).toContain("node cleaned");
    expect(logs.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
  });

  it("does not let the chart go before the MultusInstall, nor strand that where the chart is made to go", async () => {
    const helm = async (...args: string[]) =>
      await execute(await binary("helm"), [
        "uninstall",
        "multus-operator",
        ...[
          "--namespace",
          "multus-operator",
          "--kubeconfig",
          kubectl.kubeconfig,
          "--timeout",
          "60s",
          ...args,
        ],
      ]);
    await install({});
    await expect(helm()).rejects.toThrow("delete-the-multusinstall-or-helm-rollback");
    expect(await kubectl.run("get", "deployment", "-n", "multus-operator", "-o", "name")).not.toBe("");
    await helm("--no-hooks", "--wait");
    await kubectl.run("delete", "multusinstall", "multus", "--wait=false");
    expect(await kubectl.run("get", "multusinstall", "-o", "name")).not.toBe(""); // it waits for its operator
    await installOperator(kubectl);
    await kubectl.run("wait", "--for=delete", "multusinstall/multus", "--timeout=90s");
    expect(await snapshots(cluster.nodes)).toEqual(before);
    await helm();
    expect(await kubectl.run("get", "deployment,job", "-n", "multus-operator", "-o", "name")).toBe("");
  });
});
