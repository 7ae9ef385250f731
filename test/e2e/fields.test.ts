import { afterAll, beforeAll, expect, it } from "vitest";
import type { MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { importInstall } from "../../src/import/import.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import type { ClusterNode } from "../cluster/node.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { applyInstallDefinition, startInstallController } from "../integration/install-controller.ts";
import { upstreamManifest } from "../integration/upstream-manifests.ts";
import { type Check, FIELD_ROUNDS } from "./field-rounds.ts";

/** Every field that reaches Multus, by what Multus then does or writes on a real node: several in one rollout. */

describeOn(["nodeExec", "loadImage", "ownNodes"], "the fields of a MultusInstall on a real node", () => {
  let cluster: Cluster;
  let kubectl: Kubectl;
  let node: ClusterNode;
  let controller: InstallOperator;

  beforeAll(async () => {
    cluster = await startCluster({
      nodes: 1,
      images: ["multus-v3.4.2", "multus-v4.3.0", "multus-v4.3.0-thick"],
    });
    kubectl = new Kubectl(cluster.kubeconfig);
    node = cluster.nodes[0] as ClusterNode;
    await applyInstallDefinition(kubectl);
    controller = await startInstallController(cluster.kubeconfig);
    await prepare(node);
  });

  afterAll(async () => {
    await controller?.stop();
    await cluster?.stop();
  });

  it.each(["v4 thin", "v4 thick"] as const)(
    "takes over %s, which kubectl installed, without a restart of its pods",
    async (name) => {
      const text = JSON.stringify(upstreamManifest(name)).replaceAll(":snapshot", ":v4.3.0");
      const manifest = JSON.parse(text) as object[];
      await kubectl.runWithInput(list(...manifest), "apply", "-f", "-");
      await kubectl.run(
        "rollout",
        "status",
        "daemonset/kube-multus-ds",
        "-n",
        "kube-system",
        "--timeout=120s",
      );
      const pods = async () =>
        await kubectl.run(
          "get",
          "pods",
          "-n",
          "kube-system",
          "-l",
          "name=multus",
          "-o",
          "jsonpath={range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount}{end}",
        );
      const before = await pods();
      const { spec } = importInstall(manifest).install;
      await change({ ...spec, adopt: true }, true);
      await runPod(`adopted-${name.replace(" ", "-")}`, "default");
      expect(await pods()).toBe(before);
      await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
      expect(await pods()).toBe("");
      // Of the thin manifest's, and nothing that the spec renders: it was left as it is.
      const leftOver = ["configmap", "multus-cni-config", "-n", "kube-system", "--ignore-not-found"];
      await kubectl.run("delete", ...leftOver);
    },
  );

  it.each(FIELD_ROUNDS)("$title", async ({ spec, checks, before, healthy }) => {
    await before?.(access());
    await change(spec, healthy ?? true);
    for (const [what, check] of Object.entries(checks))
      await waitUntil(
        what,
        async () => {
          await check(access());
          return true;
        },
        { everyMs: 300 },
      ).catch((error: unknown) => {
        throw new Error(`${what}: ${error instanceof Error ? String(error.cause ?? error.message) : error}`);
      });
  });

  it("takes its configuration from the node when it is deleted", async () => {
    await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
    expect(await node.listDirectory("/etc/cni/net.d")).not.toContain("00-multus.conf");
  });

  function access(): Parameters<Check>[0] {
    return { node, kubectl, runPod, file: (path) => node.readFile(path), json };
  }

  async function json(path: string): Promise<Record<string, unknown>> {
    return JSON.parse(await node.readFile(path)) as Record<string, unknown>;
  }

  async function change(spec: MultusInstallSpecInput, healthy: boolean): Promise<void> {
    await new TestInstall(kubectl).apply(spec);
    await waitUntil(
      "the operator to have seen the spec",
      async () => {
        const { metadata, status } = await new TestInstall(kubectl).now<Install>();
        const ready = status?.conditions?.find(({ type }) => type === "Ready");
        if (healthy && ready?.status !== "True") throw new Error(ready?.message);
        return status?.observedGeneration === metadata.generation;
      },
      { everyMs: 250 },
    );
  }

  /** Starts a pod and waits until it runs; returns its network-status. */
  async function runPod(name: string, namespace: string, networks?: string): Promise<{ name: string }[]> {
    const annotations = networks === undefined ? {} : { "k8s.v1.cni.cncf.io/networks": networks };
    await kubectl.runWithInput(
      list(pod(name, { node: node.name, annotations })),
      "apply",
      "-n",
      namespace,
      "-f",
      "-",
    );
    await kubectl
      .run("wait", "--for=condition=Ready", `pod/${name}`, "-n", namespace, "--timeout=120s")
      .catch(async (error: unknown) => {
        const about = [
          "--field-selector",
          `involvedObject.name=${name}`,
          "-o",
          "jsonpath={.items[*].message}",
        ];
        throw new Error(await kubectl.run("get", "events", "-n", namespace, ...about), { cause: error });
      });
    const { metadata } = await kubectl.get<{ metadata: { annotations?: Record<string, string> } }>(
      "pod",
      name,
      "-n",
      namespace,
    );
    await kubectl.run("delete", "pod", name, "-n", namespace, "--wait=false");
    return JSON.parse(metadata.annotations?.["k8s.v1.cni.cncf.io/network-status"] ?? "[]") as {
      name: string;
    }[];
  }
});

interface Install {
  metadata: { generation: number };
  status?: { observedGeneration?: number; conditions?: { type: string; status: string; message: string }[] };
}

/**
 * A second primary network, which sorts after the first, and the same in a directory that no runtime reads; and
 * the kubelet's kubeconfig where kubeadm has it.
 */
async function prepare(node: ClusterNode): Promise<void> {
  await node.installKubeletKubeconfig();
  const conflist = JSON.parse(await node.readFile("/etc/cni/net.d/10-bridge.conflist")) as object;
  await node.writeFile(
    "/etc/cni/net.d/20-second.conflist",
    JSON.stringify({ ...conflist, name: "second-net" }),
  );
  await node.exec("mkdir", "-p", "/etc/cni/multus/net.d", "/opt/cni/log");
  for (const name of ["v3", "thin", "thick", "none", "layout"])
    await node.exec("mkdir", "-p", `/opt/cni/bin/${name}`);
  for (const name of ["v3", "thin", "thick"]) {
    await node.exec("mkdir", "-p", `/etc/cni/multus/${name}`);
    await node.writeFile(
      `/etc/cni/multus/${name}/10-own.conflist`,
      JSON.stringify({ ...conflist, name: "own-net" }),
    );
  }
}
