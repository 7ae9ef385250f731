import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { offlineBuildEnvironment } from "../cluster/image-build.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import type { ClusterNode } from "../cluster/node.ts";
import { describeOn, openCluster } from "../cluster/open-cluster.ts";
import { pod } from "../cluster/pods.ts";
import { type Registry, startRegistry } from "../cluster/registry.ts";
import { installOperator, net1Address, networkStatus, pingOverNet1 } from "../cluster/walkthrough.ts";
import { applySample, firstUsersGuide, guideEnvironment, ROOT, trustRegistry } from "./first-users.ts";

/**
 * The first users' story, by the commands of their guide: Multus v3.4 from a private registry, with real
 * Calico, and on to v4. What the guide states about failures is in image-failures.test.ts.
 */

describeOn(["nodeExec", "loadImage", "secondNetwork", "calico"], "the first users' story", () => {
  const guide = firstUsersGuide();
  const scratch = mkdtempSync(join(tmpdir(), "first-users-"));
  let cluster: Cluster;
  let kubectl: Kubectl;
  let install: TestInstall;
  let registry: Registry;
  let environment: NodeJS.ProcessEnv;

  const run = async (name: string) => {
    const start = Date.now();
    const printed = await guide.run(name, { env: environment, cwd: ROOT });
    process.stderr.write(`guide: ${name}, ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
    return printed;
  };

  beforeAll(async () => {
    cluster = (await openCluster({ nodes: 2, images: ["operator"], primaryNetwork: "calico" })) as Cluster;
    kubectl = new Kubectl(cluster.kubeconfig);
    install = new TestInstall(kubectl);
    registry = await startRegistry({ address: cluster.network.address });
    const logins = join(scratch, "auth.json"); // buildah does not begin one
    writeFileSync(logins, "{}");
    environment = { ...(await guideEnvironment(kubectl, registry)), REGISTRY_AUTH_FILE: logins };
    await installOperator(kubectl);
  });

  afterAll(async () => {
    await registry?.stop();
    await cluster?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** As long as three commands may take (execute.ts). */
  const BUILDS_MS = 1_800_000;
  /** What the guide's builds printed. A build that compiles all takes minutes, which the tests' limit is not made for. */
  const printedBy: Record<string, string> = {};

  beforeAll(async () => {
    for (const [family, block] of [
      ["multus-v3", "build-distribution"],
      ["multus-v3", "build-small"],
      ["multus-v4", "build-v4"],
    ] as const) {
      Object.assign(environment, await offlineBuildEnvironment(family));
      printedBy[block] = await run(block);
    }
  }, BUILDS_MS);

  it("builds the images of v3.4.2 and v4, and shows their figures", () => {
    for (const [block, layout] of [
      ["build-distribution", "none (upstream's)"],
      ["build-small", "mountPrefix"],
      ["build-v4", "none (upstream's)"],
    ] as const) {
      for (const row of ["size ", "layers ", "shell ", "command ", "layout ", "time "])
        expect(printedBy[block]).toContain(`    ${row}`);
      expect(printedBy[block]).toContain(layout);
    }
  });

  it("pushes those of v3.4.2 to the registry that asks for a login", async () => {
    await run("push-buildah");
    const tags = await registry.crane("ls", `${registry.host}/kube-ovn/multus-cni`);
    expect(tags.trim().split("\n").toSorted()).toEqual(["v3.4.2", "v3.4.2-small"]);
  });

  it("gives the nodes the registry's address and the login, and installs", async () => {
    await trustRegistry(guide, cluster.nodes, registry);
    await run("pull-secret");
    await applySample(environment);
    // The story begins from a rollout that is complete: pods replaced while they start once held up the next one.
    await install.ready();
  });

  /** A new pod on node-1 has Calico's interface and a macvlan one. */
  async function expectAttachment(name: string, nadName: string): Promise<void> {
    // v3's script writes it some seconds after its start: on a busy machine later than the install is Ready.
    for (const node of cluster.nodes)
      await waitUntil(`Multus' configuration on ${node.name}`, async () =>
        (await node.listDirectory("/etc/cni/net.d")).includes("00-multus.conf"),
      );
    const annotations = { "k8s.v1.cni.cncf.io/networks": "macvlan-conf" };
    await kubectl.runWithInput(
      JSON.stringify(pod(name, { node: "node-1", annotations })),
      "apply",
      "-f",
      "-",
    );
    await kubectl.run("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=120s");
    const [first, second] = await networkStatus(kubectl, name);
    expect(first).toMatchObject({ name: "k8s-pod-network", interface: "eth0" });
    expect(first?.ips[0]).toMatch(/^10\.\d+\.1\.\d+$/); // the pool of node-1
    expect(second).toMatchObject({ name: nadName, interface: "net1" });
    expect(second?.ips).toEqual([await net1Address(kubectl, name)]);
    expect(second?.ips[0]).toMatch(/^192\.168\.1\.2(0\d|1[0-6])$/);
    await kubectl.run("delete", "pod", name, "--timeout=120s");
  }

  /** The configuration that Multus works with on a node. */
  async function multusConf(node: ClusterNode): Promise<{ delegates: { plugins: { type: string }[] }[] }> {
    return JSON.parse(await node.readFile("/etc/cni/net.d/00-multus.conf"));
  }

  it("installs the small image with the node's own file, and with Calico written out", async () => {
    // Both nodes at once, here and after: v3's script does not hear SIGTERM, and each of its pods takes 10 s to end.
    await install.patch({ workload: { updateStrategy: { maxUnavailable: 2 } } });
    await kubectl.run("apply", "-f", join(ROOT, "manifests/samples/macvlan-conf.yaml"));
    await run("install-small");
    await expectAttachment("small-auto", "macvlan-conf");
    await install.patch({ primaryNetwork: { source: "Inline", preset: "Calico" } });
    await install.ready();
    await expectAttachment("small-inline", "macvlan-conf");
  });

  it("installs the distribution's image with Calico written out", async () => {
    const shown = await run("install-inline");
    expect(shown).toMatch(/multus +True +Available +v3\.4\.2 +Thin +2 +2 +2 /);
    expect(shown).toContain(`${registry.host}/kube-ovn/multus-cni:v3.4.2`);
    const found = await kubectl.get<{ spec: { template: { spec: object } } }>(
      "daemonset",
      "kube-multus-ds-amd64",
      "-n",
      "kube-system",
    );
    const amounts = { cpu: "100m", memory: "50Mi" };
    expect(found.spec.template.spec).toMatchObject({
      nodeSelector: { "kubernetes.io/arch": "amd64" },
      tolerations: expect.arrayContaining([{ operator: "Exists", effect: "NoSchedule" }]),
      imagePullSecrets: [{ name: "harbor" }],
      containers: [{ imagePullPolicy: "Always", resources: { requests: amounts, limits: amounts } }],
    });
    for (const node of cluster.nodes) {
      const { delegates } = await multusConf(node);
      expect(delegates[0]?.plugins.map(({ type }) => type)).toEqual(["calico", "portmap"]);
      expect(delegates[0]?.plugins[0]).not.toHaveProperty("nodename");
      expect(await node.exec("stat", "-c", "%a", "/etc/cni/net.d/multus.d/multus.kubeconfig")).toBe("600\n");
      expect(await node.listDirectory("/opt/cni/bin")).toContain("multus");
      expect(await node.exec("stat", "-c", "%F", "/opt/cni/log")).toBe("directory\n");
    }
    await expectAttachment("inline", "macvlan-conf");
  });

  it("installs it with the node's own file", async () => {
    await run("install-auto");
    for (const node of cluster.nodes) {
      const { delegates } = await multusConf(node);
      // Of each node's own file only.
      expect(delegates[0]?.plugins[0]).toMatchObject({ type: "calico", nodename: node.name });
    }
    await expectAttachment("auto", "macvlan-conf");
  });

  it("attaches the sample pods, on one node and across two", async () => {
    const shown = await run("attach");
    expect(shown).toMatch(/inet 192\.168\.1\.2\d\d\/24/);
    expect(shown).toContain('"interface": "net1"');
    for (const target of ["sample-2", "sample-3"])
      expect(await pingOverNet1(kubectl, "sample-1", await net1Address(kubectl, target))).toContain(
        "1 packets received",
      );
  });

  it("says that the range is used up to the pods that wait for an address", async () => {
    const events = await run("use-up-range");
    expect(events).toMatch(
      /pod\/macvlan-replicas-\S+ .*no IP addresses available in range set: 192\.168\.1\.200-192\.168\.1\.216/,
    );
    await run("free-range");
  });

  it("shows the install, and the log that Multus wrote on the node", async () => {
    const shown = await run("look");
    expect(shown).toMatch(/NAME +READY +REASON/);
    expect(shown).toMatch(/\[(debug|verbose|error)\]/);
  });

  it("moves on to v4, thin and thick, while pods go on", async () => {
    await run("push-v4-buildah");
    const neighbour = await net1Address(kubectl, "sample-3");
    for (const [step, mode] of [
      ["move-to-thin", "Thin"],
      ["move-to-thick", "Thick"],
    ] as const) {
      const ping = ["exec", "sample-1", "--", "ping", "-I", "net1", "-c", "10", neighbour];
      const [answers] = await Promise.all([kubectl.run(...ping), run(step)]);
      expect(answers).toContain(" 0% packet loss");
      const shown = await kubectl.run("get", "multusinstall", "--no-headers");
      expect(shown).toMatch(new RegExp(`multus +True +Available +v4\\.3\\.0 +${mode} +2 +2 +2 `));
      await expectAttachment(`after-${step}`, "default/macvlan-conf");
    }
  });

  it("takes everything away", async () => {
    await run("remove");
    expect(await kubectl.run("get", "pods", "-l", "app=multus", "-A", "-o", "name")).toBe("");
  });

  it("ran every command of the guide but those of another tool", () => {
    const left = guide.notRun();
    for (const { name, attributes } of left)
      process.stderr.write(
        `guide: ${name} was not run here (tool=${attributes.tool}, given=${attributes.given})\n`,
      );
    expect(left.filter(({ attributes: { tool, given } }) => tool !== "docker" && given !== "yes")).toEqual(
      [],
    );
  });
});
