import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import type { ClusterNode } from "../cluster/node.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { PRIMARY_CONFLIST } from "../cluster/primary-network.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { expired, foreign } from "./forged-token.ts";

/** Each thing that goes wrong on a node, made to go wrong on a real one: what the status says of it, and that the way out is one. */

const NET_D = "/etc/cni/net.d";
const KUBECONFIG = `${NET_D}/multus.d/multus.kubeconfig`;
const LOG = "/opt/cni/log";
const DEADLINE_SECONDS = 25;

/** As a cluster that was installed years ago: nothing renews the token (multus-cni #852), nothing is removed at an end. */
const SPEC = {
  version: "v4.3.0",
  mode: "Thin",
  entrypoint: { refreshKubeconfig: false },
  logging: { hostDir: LOG, file: `${LOG}/multus.log`, level: "error" },
};
const NETWORK = {
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name: "further", namespace: "default" },
  spec: {
    config: JSON.stringify({
      cniVersion: "0.3.1",
      type: "ptp",
      ipam: { type: "host-local", subnet: "10.9.9.0/24" },
    }),
  },
};
/** What Cilium's agent does with cni-exclusive: it renames every configuration but its own, whenever one appears. */
const EXCLUSIVE = `while :; do
  for file in ${NET_D}/*.conf ${NET_D}/*.conflist; do
    case $file in ${PRIMARY_CONFLIST}) ;; *) [ -e $file ] && mv $file $file.cilium_bak ;; esac
  done
  sleep 0.2
done`;

describeOn(["nodeExec", "ownNodes", "loadImage"], "what the status shows of nodes that are not well", () => {
  let cluster: Cluster;
  let kubectl: Kubectl;
  let install: TestInstall;
  let first: ClusterNode;
  let second: ClusterNode;
  let exclusive: string;

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3, images: ["multus-v4.3.0", "multus-v4.3.0-thick", "operator"] });
    [first, second] = cluster.nodes as [ClusterNode, ClusterNode];
    kubectl = new Kubectl(cluster.kubeconfig);
    install = new TestInstall(kubectl);
    await installOperator(kubectl, `rolloutDeadlineSeconds=${DEADLINE_SECONDS}`);
    await install.apply(SPEC);
    await install.ready();
    await kubectl.runWithInput(JSON.stringify(NETWORK), "apply", "-f", "-");
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  async function onlyUnhealthy(...nodes: string[]): Promise<void> {
    await waitUntil(
      `only ${nodes.join(", ") || "no node"} to be unhealthy`,
      async () => (await install.unhealthy()).map(({ node }) => node).join() === nodes.join(),
      { everyMs: 250 },
    ).catch(async (error: unknown) => {
      throw new Error(JSON.stringify(await install.unhealthy()), { cause: error });
    });
  }

  const multusOn = (node: ClusterNode) => [
    ...["-n", "kube-system", "-l", "name=multus"],
    ...["--field-selector", `spec.nodeName=${node.name}`],
  ];

  /** Deletes the Multus pod of a node, as the ways out say, and waits until it is gone. */
  async function replaceMultus(node: ClusterNode): Promise<void> {
    await kubectl.run("delete", "pod", ...multusOn(node), "--timeout=120s");
  }

  async function multusRuns(node: ClusterNode): Promise<void> {
    await waitUntil(
      `Multus to run on ${node.name}`,
      async () =>
        (await kubectl.run("wait", "--for=condition=Ready", "pod", ...multusOn(node), "--timeout=9s")) !== "",
      { everyMs: 250 },
    );
  }

  const multusPods = async () => {
    const { items } = await kubectl.get<{
      items: { metadata: { uid: string }; spec: { nodeName: string } }[];
    }>("pods", "-n", "kube-system", "-l", "name=multus");
    return Object.fromEntries(items.map(({ metadata, spec }) => [spec.nodeName, metadata.uid]));
  };

  async function startPods(node: ClusterNode, ...names: string[]): Promise<void> {
    const annotations = { "k8s.v1.cni.cncf.io/networks": "default/further" };
    const pods = names.map((name) => pod(name, { node: node.name, annotations }));
    await kubectl.runWithInput(list(...pods), "apply", "-f", "-");
  }

  it("detects by failing pods a token that is rejected or has expired, and Cilium's exclusive mode", async () => {
    await cluster.stopNode("node-3"); // for later
    const key = readFileSync(join(cluster.controlPlane.directory, "sa.key"), "utf8");
    const token = (await kubectl.run("create", "token", "multus", "-n", "kube-system")).trim();
    const kubeconfig = await first.readFile(KUBECONFIG);
    const withToken = (text: string) => kubeconfig.replace(/token: .*/, `token: "${text}"`);
    await first.writeFile(KUBECONFIG, withToken(foreign(token)));
    exclusive = (
      await second.exec("sh", "-c", `nohup sh -c '${EXCLUSIVE}' > /dev/null 2>&1 & echo $!`)
    ).trim();
    await waitUntil("the configuration to be renamed", async () =>
      (await second.listDirectory(NET_D)).includes("00-multus.conf.cilium_bak"),
    );
    await startPods(first, "unauthorized");
    await startPods(second, "bypassed");
    expect(await install.reasonOf("node-1", "TokenRejected")).toMatch(
      /rejects Multus' token in .*multus\.kubeconfig \(Unauthorized\).*Delete the Multus pod/,
    );
    await first.writeFile(KUBECONFIG, withToken(expired(token, key)));
    expect(await install.reasonOf("node-2", "CiliumExclusive")).toMatch(
      /00-multus\.conf\.cilium_bak.*cni\.exclusive: false/,
    );
    expect(await install.reasonOf("node-1", "KubeconfigExpired")).toMatch(
      /multus\.kubeconfig expired at 20.*delete the Multus pod on this node/,
    );
  });

  it("names two files that compete, a volume that cannot be mounted, and a node that is down", async () => {
    // A new primary network, and the new Multus pod that KubeconfigExpired asks for.
    await first.exec("sed", "-i", 's/"cniVersion": "0.3.1"/"cniVersion": "1.0.0"/', PRIMARY_CONFLIST);
    await second.exec("kill", exclusive);
    await second.exec("sh", "-c", `mv ${LOG} ${LOG}.old && echo > ${LOG}`);
    await Promise.all([replaceMultus(first), replaceMultus(second)]);
    expect(await install.reasonOf("node-1", "CompetingConfigurations")).toMatch(
      /00-multus\.conf and 00-multus\.conflist both exist.*Remove the one/,
    );
    await first.exec("rm", `${NET_D}/00-multus.conf`);
    expect(await install.reasonOf("node-2", "FailedMount")).toMatch(
      /volume.*\/opt\/cni\/log is not a directory/,
    );
    await second.exec("sh", "-c", `rm ${LOG} && mv ${LOG}.old ${LOG}`);
    expect(await install.reasonOf("node-3", "NodeNotReady")).toMatch(/not Ready.*Kubelet stopped posting/);
    await kubectl.run("wait", "--for=condition=Ready", "pod/unauthorized", "--timeout=120s");
    await onlyUnhealthy("node-3");
    await multusRuns(second);
  });

  it("reports one cause for a node without a primary network, through all phases of Multus' crash loop", async () => {
    await first.exec("mv", PRIMARY_CONFLIST, "/var/lib/moved.conflist");
    await replaceMultus(first);
    expect(await install.reasonOf("node-1", "NoPrimaryNetwork")).toMatch(
      /has no \.conf or \.conflist .*install one/,
    );
    const said = new Set<string>();
    await waitUntil(
      "Multus to have started three times",
      async () => {
        const entry = (await install.unhealthy()).find(({ node }) => node === "node-1");
        said.add(`${entry?.reason}: ${entry?.message}`);
        const { items } = await kubectl.get<{
          items: { status: { containerStatuses?: { restartCount: number }[] } }[];
        }>("pods", ...multusOn(first));
        return (items[0]?.status.containerStatuses?.[0]?.restartCount ?? 0) >= 2;
      },
      { everyMs: 250 },
    );
    expect([...said]).toEqual([expect.stringMatching(/^NoPrimaryNetwork: /)]);
    // With its version as it was: what Multus wrote for the other would compete with what it writes now.
    await first.exec(
      "sh",
      "-c",
      `rm ${NET_D}/00-multus.conflist; mv /var/lib/moved.conflist ${PRIMARY_CONFLIST}`,
    );
    await first.exec("sed", "-i", 's/"cniVersion": "1.0.0"/"cniVersion": "0.3.1"/', PRIMARY_CONFLIST);
    await replaceMultus(first);
    await onlyUnhealthy("node-3");
    // A pod that is Ready and not yet available is exchanged at once by the next rollout.
    await waitUntil(
      "Multus to be available on both",
      async () => (await install.status()).nodes?.available === 2,
      {
        everyMs: 250,
      },
    );
  });

  it("says which node a rollout is stuck at; with the spec as before it is over, and no other pod was touched", async () => {
    const before = await multusPods();
    await install.apply({
      ...SPEC,
      logging: { ...SPEC.logging, level: "debug" },
      rollout: { rollback: true },
    });
    expect(await install.reason("Ready", "RolloutStuck")).toMatch(
      /no progress since .*node-3: .*Kubelet stopped/,
    );
    await install.apply(SPEC);
    await cluster.startNode("node-3");
    await install.ready();
    const { "node-3": was, ...others } = before;
    expect(await multusPods()).toMatchObject(others);
    expect((await multusPods())["node-3"]).not.toBe(was);
  });

  it("rolls back a rollout that is stuck", async () => {
    const before = await multusPods();
    const primaryNetwork = { source: "File", file: "10-absent.conflist" };
    await install.apply({ ...SPEC, primaryNetwork, rollout: { rollback: true } });
    await install.reason(
      "Ready",
      "NodesUnhealthy",
      /10-absent\.conflist, which spec\.primaryNetwork\.file names, does not exist/,
    );
    await install.reason(
      "Ready",
      "RolledBack",
      /no progress since .*10-absent.*Rolled back to v4\.3\.0 \(Thin\) on all nodes$/,
    );
    const after = await multusPods();
    expect(Object.keys(before).filter((node) => before[node] === after[node])).toHaveLength(2);
  });

  it("reports that Multus was OOM-killed, with the limit and the value to set (#1346)", async () => {
    const nodeSelector = { "kubernetes.io/hostname": "node-1" };
    const thick = { version: "v4.3.0", mode: "Thick" };
    // A daemon that starts with so little may need minutes until it has written its configuration.
    await install.apply({ ...thick, workload: { nodeSelector } });
    await install.reason("Ready", "Available", /on 1 of 1 node$/);
    const before = await multusPods();
    await install.apply({
      ...thick,
      workload: { nodeSelector, resources: { limits: { memory: "9Mi" } } },
    });
    await waitUntil("the pod with the limit", async () => {
      const { "node-1": pod } = await multusPods();
      return pod !== undefined && pod !== before["node-1"];
    });
    await startPods(first, ...Array.from({ length: 8 }, (_, index) => `many-${index}`));
    expect(await install.reasonOf("node-1", "OOMKilled")).toMatch(
      /limit 9Mi\)\. Set spec\.workload\.resources\.limits\.memory to 128Mi or more/,
    );
  });
});
