import { afterAll, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import {
  attachPods,
  installMultus,
  installOperator,
  installSample,
  net1Address,
  networkStatus,
  pingOverNet1,
  SAMPLE_PODS,
  sampleFile,
} from "../cluster/walkthrough.ts";

/** The demo's own steps on real nodes, each checked, for every flavour one after another in one cluster. */

describeOn(["nodeExec", "loadImage", "secondNetwork"], "the walk-through on real nodes", () => {
  let cluster: OpenCluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    cluster = await openCluster({
      nodes: 2,
      images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
    });
    kubectl = new Kubectl(cluster.kubeconfig);
    await installOperator(kubectl);
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  it.each([
    {
      version: "v4.3.0",
      mode: "Thin",
      configurations: ["00-multus.conf"],
      nadName: "default/macvlan-conf",
    },
    {
      version: "v4.3.0",
      mode: "Thick",
      configurations: ["00-multus.conf"],
      nadName: "default/macvlan-conf",
    },
    // v3 reports the NAD without its namespace.
    { version: "v3.4.2", mode: "Thin", configurations: ["00-multus.conf"], nadName: "macvlan-conf" },
  ])("gives pods a second interface with $version $mode, and takes Multus away again", async (variant) => {
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
        expect.arrayContaining(variant.configurations),
      );

    await attachPods(kubectl);
    const [first, second, third] = await Promise.all(SAMPLE_PODS.map((pod) => net1Address(kubectl, pod)));
    const last = (address: string | undefined) => Number(address?.split(".")[3]);
    for (const address of [first, second])
      expect(last(address)).toSatisfy((n: number) => n >= 200 && n <= 216);
    expect(last(third)).toSatisfy((n: number) => n >= 217 && n <= 230);
    expect(first).not.toBe(second);
    const reported = await networkStatus(kubectl, "sample-1");
    // The first one's name is that of the primary network: kind has another than the test cluster.
    expect(reported.map(({ interface: link }) => link)).toEqual(["eth0", "net1"]);
    expect(reported[1]?.name).toBe(variant.nadName);
    expect(reported[1]?.ips).toEqual([first]);
    expect(await pingOverNet1(kubectl, "sample-1", second ?? "")).toContain("1 packets received");
    expect(await pingOverNet1(kubectl, "sample-1", third ?? "")).toContain("1 packets received");

    await kubectl.run("delete", "-f", sampleFile("macvlan-pods.yaml"), "-f", sampleFile("macvlan-conf.yaml"));
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
  });

  it("brings a deleted DaemonSet back", async () => {
    await installMultus(kubectl, installSample("v4.3.0", "Thin"), "v4.3.0");
    const uid = async () =>
      await kubectl.run(
        "get",
        "daemonset",
        "kube-multus-ds",
        "-n",
        "kube-system",
        "-o",
        "jsonpath={.metadata.uid}",
      );
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
    const logs = await kubectl.run(
      "logs",
      "-n",
      "multus-operator",
      "-l",
      "app.kubernetes.io/name=multus-operator",
      "--tail=-1",
    );
    expect(logs).toContain("leading");
    expect(logs.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
  });
});
