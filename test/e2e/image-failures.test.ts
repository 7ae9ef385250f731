import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { image } from "../cluster/images.ts";
import { TestInstall, type UnhealthyNode } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, openCluster } from "../cluster/open-cluster.ts";
import { type Registry, startRegistry } from "../cluster/registry.ts";
import { installOperator, ONE_REPLICA } from "../cluster/walkthrough.ts";
import { applySample, firstUsersGuide, guideEnvironment, ROOT, trustRegistry } from "./first-users.ts";

/** What the status shows when the image of the first users' guide does not get onto the nodes, or is not as declared. */

describeOn(["nodeExec", "loadImage", "ownNodes"], "an image that does not get onto the nodes", () => {
  const guide = firstUsersGuide();
  let cluster: Cluster;
  let kubectl: Kubectl;
  let install: TestInstall;
  let registry: Registry;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    cluster = (await openCluster({ nodes: 2, images: ["operator"] })) as Cluster;
    kubectl = new Kubectl(cluster.kubeconfig);
    install = new TestInstall(kubectl);
    registry = await startRegistry({ address: cluster.network.address });
    await registry.push(await image("multus-v3.4.2-distribution"), "kube-ovn/multus-cni:v3.4.2");
    await registry.push(await image("multus-v3.4.2-small"), "kube-ovn/multus-cni:v3.4.2-small");
    environment = await guideEnvironment(kubectl, registry);
    await installOperator(kubectl, ONE_REPLICA);
  });

  afterAll(async () => {
    await registry?.stop();
    await cluster?.stop();
  });

  let startedAt = 0;

  /** Waits until both nodes are listed with this reason and these words. */
  async function expectOnBothNodes(reason: string, ...words: string[]): Promise<void> {
    let shown = "";
    await waitUntil(
      `${reason} on both nodes`,
      async () => {
        const unhealthy = await install.unhealthy();
        shown = JSON.stringify(unhealthy);
        const fits = ({ reason: found, message }: UnhealthyNode) =>
          found === reason && words.every((word) => message.includes(word));
        return unhealthy.length === 2 && unhealthy.every(fits);
      },
      { everyMs: 250 },
    ).catch((error: unknown) => {
      throw new Error(`the status lists ${shown}`, { cause: error });
    });
    process.stderr.write(`status: ${reason} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
    const condition = await install.condition("Ready");
    expect(condition).toMatchObject({ status: "False", reason: "NodesUnhealthy" });
    expect(condition?.message).toMatch(/^node-1, node-2: /);
  }

  /** The kubelet waits longer and longer between attempts; new pods try at once. */
  async function tryAgain(): Promise<void> {
    startedAt = Date.now();
    await kubectl.run("delete", "pods", "-n", "kube-system", "-l", "app=multus", "--wait=false");
  }

  it("plain HTTP, before the nodes know of it", async () => {
    startedAt = Date.now();
    await applySample(environment);
    await expectOnBothNodes("RegistrySpeaksHTTP", `/etc/containerd/certs.d/${registry.host}/hosts.toml`);
  });

  it("no secret", async () => {
    await trustRegistry(guide, cluster.nodes, registry);
    await tryAgain();
    await expectOnBothNodes(
      "RegistryLoginMissing",
      "Secret harbor",
      "does not exist in namespace kube-system",
    );
  });

  it("a wrong password", async () => {
    await guide.run("pull-secret", { env: { ...environment, REGISTRY_PASSWORD: "wrong" }, cwd: ROOT });
    await tryAgain();
    await expectOnBothNodes("RegistryLoginRejected", "rejected the login in Secret harbor");
    await kubectl.run("delete", "secret", "harbor", "-n", "kube-system");
    await guide.run("pull-secret", { env: environment, cwd: ROOT });
  });

  it("a tag that does not exist, and an image of another architecture", async () => {
    const name = `${registry.host}/kube-ovn/multus-cni`;
    await registry.crane("mutate", "--set-platform", "linux/arm64", `${name}:v3.4.2`, "--tag", `${name}:one`);
    await registry.crane("index", "append", "-m", `${name}:one`, "-t", `${name}:arm64`);
    startedAt = Date.now();
    await install.patch({ image: { tag: "v3.4.3" } });
    await expectOnBothNodes("ImageNotFound", `${name}:v3.4.3`);
    startedAt = Date.now();
    await install.patch({ image: { tag: "arm64" } });
    await expectOnBothNodes("ImageArchitecture", "spec.workload.nodeSelector");
  });

  it("an unknown CA, and a registry that is down", async () => {
    const other = await startRegistry({ address: cluster.network.address, tls: true });
    try {
      startedAt = Date.now();
      await install.patch({ image: { registry: other.host, tag: null } });
      await expectOnBothNodes("RegistryCertificateRejected", "does not trust the registry's certificate");
    } finally {
      await other.stop();
    }
    await tryAgain();
    await expectOnBothNodes("RegistryUnreachable", `the registry ${other.host} does not respond`);
  });

  it("another layout, without a flap at each restart", async () => {
    startedAt = Date.now();
    await install.patch({ image: { registry: registry.host, tag: "v3.4.2-small" } });
    await expectOnBothNodes("ImageLayout", "the image has no /entrypoint.sh", "spec.image.layout.command");
    startedAt = Date.now();
    const command = ["bash", "/go/src/github.com/intel/multus-cni/images/entrypoint.sh"];
    const binaryFile = "/usr/src/multus-cni/bin/multus";
    await install.patch({ image: { layout: { command, mountPrefix: "", binaryFile } } });
    await expectOnBothNodes("ImageLayout", binaryFile, "spec.image.layout.binaryFile");

    const before = await install.condition("Ready");
    const restarts = async () => {
      const { items } = await kubectl.get<{
        items: { status: { containerStatuses?: { restartCount: number }[] } }[];
      }>("pods", "-n", "kube-system", "-l", "app=multus");
      return items.map(({ status }) => status.containerStatuses?.[0]?.restartCount ?? 0);
    };
    await waitUntil(
      "two more restarts",
      async () => {
        expect(await install.condition("Ready")).toEqual(before);
        return (await restarts()).filter((count) => count >= 2).length === 2;
      },
      { everyMs: 500 },
    );
  });
});
