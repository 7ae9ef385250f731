import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiObject, ResourceType } from "../../src/kube/resource.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { type ImageName, prebuiltMultus } from "../cluster/images.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, openCluster } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { installOperator, networkStatus, ONE_REPLICA } from "../cluster/walkthrough.ts";

/**
 * What is left of the addresses of deleted pods, with each release and mode, on real Calico: the defects that
 * src/multus/known-defects-table.ts lists as leaking, and what avoids them. Calico's own collector of leaked addresses
 * (kube-controllers) does not run here.
 */

/** A release leaks the address of every pod or of none: more pods show nothing that these do not. */
const PODS = 6;
const V4_3_1: ImageName[] = prebuiltMultus() === undefined ? [] : ["multus-v4.3.1", "multus-v4.3.1-thick"];
const INLINE = { source: "Inline", preset: "Calico" };

const IPAM_BLOCKS: ResourceType = {
  group: "crd.projectcalico.org",
  version: "v1",
  plural: "ipamblocks",
  kind: "IPAMBlock",
  namespaced: false,
};

interface Block extends ApiObject {
  spec: { attributes: { secondary?: { pod?: string } }[]; allocations: (number | null)[] };
}

interface Status {
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
}

describeOn(["nodeExec", "loadImage", "secondNetwork", "calico"], "addresses of deleted pods", () => {
  let cluster: Cluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    cluster = (await openCluster({
      nodes: 1,
      images: ["multus-v4.3.0", "multus-v4.3.0-thick", ...V4_3_1, "operator"],
      primaryNetwork: "calico",
    })) as Cluster;
    kubectl = new Kubectl(cluster.kubeconfig);
    await installOperator(kubectl, ONE_REPLICA);
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  /** Replaces the MultusInstall's spec whole, and waits until it is Ready. */
  async function install(spec: object): Promise<void> {
    await new TestInstall(kubectl).apply(spec);
    await new TestInstall(kubectl).ready({ timeoutMs: 180_000 });
  }

  const warning = async () => {
    const { status } = await new TestInstall(kubectl).now<Status>();
    return status?.conditions?.find(({ type }) => type === "Warning");
  };

  /** Names of the pods, with this beginning, that an address of Calico is allocated to. */
  async function allocated(beginning: string): Promise<string[]> {
    const { items } = await kubectl.client.list<Block>(IPAM_BLOCKS);
    return items
      .flatMap(({ spec }) =>
        spec.allocations.flatMap((index) =>
          index === null ? [] : [spec.attributes[index]?.secondary?.pod ?? ""],
        ),
      )
      .filter((name) => name.startsWith(`${beginning}-`));
  }

  /** Creates pods, sees `taken()` count an address for each, deletes them, and returns when the kubelet is done. */
  async function churn(
    beginning: string,
    taken: () => Promise<readonly string[]>,
    annotations: Record<string, string> = {},
  ): Promise<void> {
    const names = Array.from({ length: PODS }, (_, index) => `${beginning}-${index}`);
    await start(names, annotations);
    expect(await taken()).toHaveLength(PODS);
    const [first] = await networkStatus(kubectl, `${beginning}-0`);
    expect(first).toMatchObject({ name: "k8s-pod-network", interface: "eth0" });
    await remove(names);
  }

  async function start(names: readonly string[], annotations: Record<string, string> = {}): Promise<void> {
    // With a grace period the object stays until the sandbox and its network are gone.
    const pods = names.map((name) => {
      const made = pod(name, { annotations }) as { spec: object };
      return { ...made, spec: { ...made.spec, terminationGracePeriodSeconds: 1 } };
    });
    await kubectl.runWithInput(list(...pods), "apply", "-f", "-");
    await kubectl.run(
      "wait",
      "--for=condition=Ready",
      ...names.map((name) => `pod/${name}`),
      "--timeout=120s",
    );
  }

  async function remove(names: readonly string[]): Promise<void> {
    await kubectl.run("delete", "pods", ...names, "--timeout=120s");
  }

  /** Throws if an address is still taken two minutes later. */
  async function expectReleased(taken: () => Promise<readonly string[]>): Promise<void> {
    await waitUntil("the addresses to be released", async () => (await taken()).length === 0, {
      everyMs: 500,
    });
  }

  it("v4.3.0 Thick with the node's file leaks every address (#1449), and the status reports it", async () => {
    await install({ version: "v4.3.0", mode: "Thick" });
    expect(await warning()).toMatchObject({
      status: "True",
      reason: "KnownDefect",
      message: expect.stringMatching(/addresses of deleted pods are never released.*multus-cni #1449/),
    });
    const taken = () => allocated("thick");
    await churn("thick", taken);
    expect(await taken()).toHaveLength(PODS);
    await start(["earlier-0"]);
  });

  it("v4.3.0 Thick with Calico inline leaks none, except for pods that were started before", async () => {
    await install({ version: "v4.3.0", mode: "Thick", primaryNetwork: INLINE });
    expect(await warning()).toMatchObject({ status: "False" });
    const taken = () => allocated("inline");
    await churn("inline", taken);
    await expectReleased(taken);
    await remove(["earlier-0"]);
    expect(await allocated("earlier")).toEqual(["earlier-0"]); // Multus keeps what DEL gets from ADD on
    expect(await allocated("thick")).toHaveLength(PODS); // not collected by something else meanwhile
  });

  it("v4.3.0 Thin leaks none", async () => {
    await install({ version: "v4.3.0", mode: "Thin" });
    expect(await warning()).toMatchObject({ status: "False" });
    const taken = () => allocated("thin");
    await churn("thin", taken);
    await expectReleased(taken);
  });

  describe("of a network that is a list of plugins", () => {
    const nad = (name: string, more: object) => ({
      apiVersion: "k8s.cni.cncf.io/v1",
      kind: "NetworkAttachmentDefinition",
      metadata: { name, namespace: "default" },
      spec: {
        config: JSON.stringify({
          name,
          ...more,
          plugins: [
            { type: "macvlan", master: "eth1", ipam: { type: "host-local", subnet: "10.77.0.0/24" } },
          ],
        }),
      },
    });
    /** The leases that host-local keeps on the node. */
    const leases = async (network: string) => {
      const files = await cluster.nodes[0]?.exec(
        "sh",
        "-c",
        `ls /var/lib/cni/networks/${network} 2>/dev/null; true`,
      );
      return (files ?? "").split("\n").filter((name) => name.startsWith("10."));
    };

    const apply = async (name: string, more: object) =>
      await kubectl.runWithInput(JSON.stringify(nad(name, more)), "apply", "-f", "-");
    const annotations = (name: string) => ({ "k8s.v1.cni.cncf.io/networks": name });

    it("v4.3.0 Thin fails DEL, and the pod stays Terminating (#755)", async () => {
      await apply("unversioned", {});
      await start(["unversioned-0"], annotations("unversioned"));
      expect(await leases("unversioned")).toHaveLength(1);
      await kubectl.run("delete", "pod", "unversioned-0", "--wait=false");
      await waitUntil("the kubelet to report it", async () =>
        (
          await kubectl.run("get", "events", "--field-selector", "reason=FailedKillPod", "-o", "json")
        ).includes("no IP ranges specified"),
      );
      expect(await kubectl.run("get", "pod", "unversioned-0", "-o", "name")).not.toBe("");
      await kubectl.run("delete", "pod", "unversioned-0", "--force", "--grace-period=0");
      expect(await leases("unversioned")).toHaveLength(1);
    });

    it("v4.3.0 Thin releases every address once the list has one", async () => {
      await apply("versioned", { cniVersion: "0.3.1" });
      const taken = () => leases("versioned");
      await churn("versioned", taken, annotations("versioned"));
      await expectReleased(taken);
    });
  });

  const skipped = V4_3_1.length === 0 ? " (skipped: MULTUS_V4_3_1_PROGRAMS names no directory)" : "";
  describe.skipIf(skipped !== "")(`of the default release${skipped}`, () => {
    it.each(["Thin", "Thick"])("v4.3.1 %s leaks none", async (mode) => {
      await install({ mode });
      expect(await warning()).toMatchObject({ status: "False" });
      const beginning = `default-${mode.toLowerCase()}`;
      const taken = () => allocated(beginning);
      await churn(beginning, taken);
      await expectReleased(taken);
    });
  });
});
