import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import { type ApiObject, describe as nameOf, PODS, refOf } from "../../src/kube/resource.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import {
  installOperator,
  net1Address,
  networkStatus,
  ONE_REPLICA,
  sampleFile,
} from "../cluster/walkthrough.ts";
import { withoutStatus } from "../cluster/without-status.ts";
import { upstreamManifest } from "../integration/upstream-manifests.ts";
import { snapshots } from "./node-snapshot.ts";

/**
 * A user who installed Multus by hand tries the operator without `adopt`, reads OwnershipConflict, and deletes the
 * MultusInstall: the Multus of the user runs on as if the operator had never been there.
 */

interface Install {
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
}

interface RunningPod extends ApiObject {
  status: { containerStatuses: { restartCount: number }[] };
}

/** As it stands in the repository of Multus; its tag moves with each release. */
const MANIFEST = JSON.parse(
  JSON.stringify(upstreamManifest("v4 thin")).replaceAll(":snapshot", ":v4.3.0"),
) as ApiObject[];

describeOn(
  ["nodeExec", "loadImage", "ownNodes", "secondNetwork"],
  "a Multus that was installed by hand, on real nodes",
  () => {
    let cluster: OpenCluster;
    let kubectl: Kubectl;
    let before: Awaited<ReturnType<typeof everything>>;

    beforeAll(async () => {
      cluster = await openCluster({ nodes: 2, images: ["multus-v4.3.0", "operator"] });
      kubectl = new Kubectl(cluster.kubeconfig);
      await kubectl.runWithInput(list(...MANIFEST), "apply", "-f", "-");
      const daemonSet = ["daemonset/kube-multus-ds", "-n", "kube-system"];
      await kubectl.run("rollout", "status", ...daemonSet, "--timeout=120s");
      for (const node of cluster.nodes)
        await waitUntil(`Multus' configuration on ${node.name}`, async () =>
          (await node.listDirectory("/etc/cni/net.d")).includes("00-multus.conf"),
        );
      await kubectl.run("apply", "-f", sampleFile("macvlan-conf.yaml"));
      await expectAttached("by-hand");
      await installOperator(kubectl, ONE_REPLICA);
      before = await everything();
    });

    afterAll(async () => {
      await cluster?.stop();
    });

    /** The manifest's objects as they are stored, the pods that run Multus, and the files of the nodes. */
    async function everything() {
      const objects: Record<string, unknown> = {};
      for (const object of MANIFEST) {
        const live = await kubectl.client.get<ApiObject>(refOf(object));
        objects[nameOf(refOf(object))] = object.kind === "DaemonSet" ? withoutStatus(live) : live;
      }
      const { items } = await kubectl.client.list<RunningPod>(PODS, { namespace: "kube-system" });
      const pods = items.map(({ metadata, status: { containerStatuses } }) => {
        const restarts = containerStatuses.map(({ restartCount }) => restartCount).join();
        return `${metadata.name} ${metadata.uid} restarts ${restarts}, ${metadata.deletionTimestamp ?? "stays"}`;
      });
      return { objects, pods: pods.toSorted(), files: await snapshots(cluster.nodes) };
    }

    /** A new pod on each node has an address in the sample's network. */
    async function expectAttached(name: string): Promise<void> {
      const annotations = { "k8s.v1.cni.cncf.io/networks": "macvlan-conf" };
      const names = cluster.nodes.map((node) => `${name}-${node.name}`);
      const pods = cluster.nodes.map((node, at) => pod(names[at] ?? "", { node: node.name, annotations }));
      await kubectl.runWithInput(list(...pods), "apply", "-f", "-");
      await kubectl.run(
        "wait",
        "--for=condition=Ready",
        ...names.map((pod) => `pod/${pod}`),
        "--timeout=120s",
      );
      for (const pod of names) {
        const [, attachment] = await networkStatus(kubectl, pod);
        expect(attachment).toMatchObject({ name: "default/macvlan-conf", interface: "net1" });
        expect(attachment?.ips).toEqual([await net1Address(kubectl, pod)]);
      }
      await kubectl.run("delete", "pod", ...names, "--timeout=120s");
    }

    async function install(spec: object): Promise<void> {
      await new TestInstall(kubectl).apply(spec);
    }

    // The default of spec.uninstall.timeout is 5 minutes: a deletion that waits for pods of others is seen.
    it.each([
      { name: "the same Multus", spec: { version: "v4.3.0" } },
      {
        name: "another mode, and the definitions deleted with it",
        spec: { mode: "Thick", uninstall: { networkDefinitions: "Delete" } },
      },
    ])("survives a MultusInstall without adopt, and its deletion: $name", async ({ spec }) => {
      await install(spec);
      let ready: { status: string; reason: string; message: string } | undefined;
      await waitUntil("the operator's answer", async () => {
        const { status } = await new TestInstall(kubectl).now<Install>();
        ready = status?.conditions?.find(({ type }) => type === "Ready");
        return ready !== undefined && ready.reason !== "Syncing";
      });
      expect(ready).toMatchObject({ status: "False", reason: "OwnershipConflict" });
      expect(ready?.message).toContain("DaemonSet kube-system/kube-multus-ds already exists");
      expect(ready?.message).toContain("spec.adopt: true");
      expect(await everything(), "rejected").toEqual(before);
      await expectAttached("rejected");

      await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
      expect(await kubectl.client.get({ type: MULTUS_INSTALL, name: "multus" })).toBeUndefined();
      expect(await everything(), "deleted").toEqual(before);
      await expectAttached("deleted");
      expect(await everything(), "after new pods").toEqual(before);
    });

    it("outlives the operator too", async () => {
      const pods = ["pods", "-n", "kube-system", "-l", "name=multus", "-o", "name"];
      expect((await kubectl.run("get", ...pods)).trim().split("\n")).toHaveLength(2);
      await kubectl.run("delete", "namespace", "multus-operator", "--timeout=120s");
      expect(await everything()).toEqual(before);
      await expectAttached("without-operator");
    });
  },
);
