import { afterAll, beforeAll, expect, it } from "vitest";
import { type ApiObject, PODS } from "../../src/kube/resource.ts";
import { Cluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { pod } from "../cluster/pods.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { snapshots } from "./node-snapshot.ts";
import { BYPASSED, PodStream } from "./pod-stream.ts";
import { expectNothingLeft, NETWORK, THIN } from "./transitions.ts";

/** A change of Multus is tried on one node first; and a node without Multus gets no ordinary pod. */

describeOn(
  ["nodeExec", "loadImage", "ownNodes", "secondNetwork"],
  "a canary, and the taint of new nodes",
  () => {
    let cluster: OpenCluster;
    let kubectl: Kubectl;
    let install: TestInstall;
    let before: string[];

    beforeAll(async () => {
      cluster = await openCluster({ nodes: 2, images: ["multus-v4.3.0", "operator"] });
      kubectl = new Kubectl(cluster.kubeconfig);
      install = new TestInstall(kubectl);
      before = await snapshots(cluster.nodes);
      await installOperator(kubectl, "startupTaint.enabled=true");
      await install.apply(THIN);
      await install.ready();
      await kubectl.runWithInput(JSON.stringify(NETWORK), "apply", "-f", "-");
    });

    afterAll(async () => {
      await cluster?.stop();
    });

    const podsByNode = async () => {
      const { items } = await kubectl.client.list<ApiObject & { spec: { nodeName: string } }>(PODS, {
        namespace: "kube-system",
        labelSelector: "name=multus",
      });
      return Object.fromEntries(items.map(({ metadata, spec }) => [spec.nodeName, metadata.uid]));
    };
    const canary = { nodes: 1, probe: "stream" };

    it("tries a change on one node with a probe, and lets the other follow", async () => {
      await kubectl.runWithInput(
        JSON.stringify({ ...NETWORK, metadata: { name: "stream", namespace: "kube-system" } }),
        "apply",
        "-f",
        "-",
      );
      const before = await podsByNode();
      await install.apply({ ...THIN, logging: { level: "error" }, rollout: { canary } });
      // Often: it is over when the probe has its network.
      await install.reason("Ready", "RolloutInProgress", /canary: probing|waiting for the probe/, {
        everyMs: 50,
      });
      const tried = await podsByNode();
      expect(tried["node-2"]).toBe(before["node-2"]);
      expect(tried["node-1"]).not.toBe(before["node-1"]);
      await install.ready({ timeoutMs: 150_000 });
      expect((await podsByNode())["node-2"]).not.toBe(before["node-2"]);
      expect(
        await kubectl.run("get", "pods", "-n", "kube-system", "-l", "name=multus-probe", "-o", "name"),
      ).toBe("");
    });

    it("stops at a canary that fails, serves the other node, and rolls back to the last Multus", async () => {
      const before = await podsByNode();
      const broken = { ...THIN, image: { tag: "no-such-tag", pullPolicy: "Never" } };
      await install.apply({ ...broken, rollout: { canary } });
      const message = await install.reason("Ready", "RolloutFailed", /canary 1 of 1, node-1/);
      expect(message).toContain("no-such-tag");
      expect((await podsByNode())["node-2"]).toBe(before["node-2"]);
      await using stream = new PodStream(cluster.kubeconfig, ["node-2"], "served");
      stream.start();
      await install.apply({ ...broken, rollout: { canary, rollback: true } });
      await install.reason("Ready", "RolledBack", /no-such-tag.*Rolled back to .* on all nodes$/);
      const outcomes = await stream.finish();
      expect(outcomes.filter(({ bypassed, reported }) => bypassed || !reported)).toEqual([]);
      expect((await podsByNode())["node-2"]).toBe(before["node-2"]);
      await install.apply({ ...THIN, logging: { level: "error" } });
      await install.ready({ timeoutMs: 150_000 });
    });

    it("keeps ordinary pods off a new node until Multus is ready there", async () => {
      const key = "multus-operator.dev/not-ready";
      await install.apply({ ...THIN, logging: { level: "error" }, nodes: { startupTaint: key } });
      await install.ready();
      if (!(cluster instanceof Cluster)) throw new Error("this cluster cannot have a further node");
      const adding = cluster.addNode(`${key}=:NoSchedule`);
      const waiting = pod("waiting", {
        script: `test -e /sys/class/net/net1 || exit ${BYPASSED}; exec sleep 1000000`,
        annotations: { "k8s.v1.cni.cncf.io/networks": "default/stream" },
      }) as { spec: object };
      const spec = {
        ...waiting.spec,
        nodeSelector: { "kubernetes.io/hostname": "node-3" },
        restartPolicy: "Never",
      };
      await kubectl.runWithInput(JSON.stringify({ ...waiting, spec }), "apply", "-f", "-");
      await waitUntil(
        "the scheduler to say that the node is tainted",
        async () => (await kubectl.run("get", "pod", "waiting", "-o", "json")).includes("untolerated taint"),
        { everyMs: 200 },
      );
      await adding;
      await kubectl.run("wait", "--for=condition=Ready", "pod/waiting", "--timeout=120s");
      const { metadata } = await kubectl.get<{ metadata: { annotations: Record<string, string> } }>(
        "pod",
        "waiting",
      );
      expect(metadata.annotations["k8s.v1.cni.cncf.io/network-status"]).toContain("default/stream");
      const { spec: node } = await kubectl.get<{ spec: { taints?: { key: string }[] } }>("node", "node-3");
      expect(node.taints?.map((taint) => taint.key) ?? []).not.toContain(key);
      await kubectl.run("delete", "pod", "waiting");
    });

    it("leaves each node as it was before", async () => {
      await expectNothingLeft(kubectl, cluster.nodes, before);
    });
  },
);
