import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { LeaderElection } from "../../src/kube/leader-election/leader-election.ts";
import { type ApiObject, CLUSTER_ROLES, DAEMON_SETS, type ObjectRef } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "../integration/install-controller.ts";
import { RunningController, World } from "../integration/networks/world.ts";

/**
 * What the documentation promises in seconds, measured. These tests run alone, after all others: no limit here is made
 * longer for a busy machine, and no other test has one.
 */

const DAEMON_SET: ObjectRef = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: true });
});

afterAll(async () => {
  await plane?.stop();
});

/** How long it takes until `done`, ms. */
async function duration(what: string, done: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  await waitUntil(what, done, { everyMs: 10 });
  return performance.now() - start;
}

describe("a MultusInstall", () => {
  let kubectl: Kubectl;
  let client: KubeClient;
  let controller: InstallOperator;

  beforeAll(async () => {
    kubectl = new Kubectl(plane.kubeconfig);
    client = kubectl.client;
    await applyInstallDefinition(kubectl);
    controller = await startInstallController(plane.kubeconfig);
    const install = new TestInstall(kubectl);
    await install.apply({ uninstall: { nodes: "Leave" } });
    await install.reason("Ready", "NoMatchingNodes");
  });

  afterAll(async () => {
    await controller?.stop();
  });

  // A reconcile that is due after the test before would repair what a missing watch does not show.
  beforeEach(async () => {
    await sleep(1500);
  });

  it.each([DAEMON_SET, { type: CLUSTER_ROLES, name: "multus" }])(
    "$type.kind $name is created again within 2 s of its deletion",
    async (ref) => {
      const uid = async () => {
        const found = await client.get<ApiObject>(ref);
        return found?.metadata.deletionTimestamp === undefined ? found?.metadata.uid : undefined;
      };
      const before = await uid();
      await client.delete(ref);
      const back = async () => {
        const now = await uid();
        return now !== undefined && now !== before;
      };
      expect(await duration(`${ref.name} to be back`, back)).toBeLessThan(2000);
    },
  );

  it("a changed field is set back within 2 s", async () => {
    const image = async () => {
      const found = await client.get<ApiObject>(DAEMON_SET);
      const spec = found?.spec as { template: { spec: { containers: { image: string }[] } } } | undefined;
      return spec?.template.spec.containers[0]?.image;
    };
    const before = await image();
    expect(before).toContain("multus-cni");
    const path = "/spec/template/spec/containers/0/image";
    await client.patch(DAEMON_SET, [{ op: "replace", path, value: "evil:1" }]);
    const back = async () => (await image()) === before;
    expect(await duration("the image to be set back", back)).toBeLessThan(2000);
  });
});

describe("a NetworkAttachmentDefinition", () => {
  let world: World;
  let controller: RunningController;

  beforeAll(async () => {
    world = new World(plane.kubeconfig);
    await world.installOwnDefinitions();
    await world.installNetworkDefinition();
    controller = new RunningController(plane.kubeconfig);
    await controller.start();
    await world.nad("first", { cniVersion: "0.3.1", type: "macvlan", master: "eth0" });
    await world.reportWhere("first", ({ conditions }) => conditions !== undefined);
  });

  afterAll(async () => {
    await controller?.stop();
    await world?.connection.close();
  });

  it.each([
    ["that is valid", { cniVersion: "0.3.1", type: "macvlan", master: "eth0" }, "Valid"],
    ["with a fault", { cniVersion: "0.3.1", type: "macvlan", master: "eth0", mode: "brige" }, "Invalid"],
  ])("%s has its report within 1 s", async (what, config, reason) => {
    const name = what.replaceAll(" ", "-");
    await world.nad(name, config);
    const { tookMs } = await world.reportWhere(
      name,
      ({ conditions }) => conditions?.find(({ type }) => type === "Valid")?.reason === reason,
    );
    expect(tookMs).toBeLessThan(1000);
  });
});

describe("leader election", () => {
  const candidates: LeaderElection[] = [];
  afterEach(async () => {
    for (const candidate of candidates) await candidate.release();
  });

  it("a leader that ends is followed within 1 s, long before the other would try again", async () => {
    const [a, b] = ["a", "b"].map((identity) => {
      const candidate = new LeaderElection({
        client: new KubeClient(connect({ kubeconfig: plane.kubeconfig })),
        log: pino({ level: "silent" }),
        ...{ namespace: "default", name: "limit", identity },
        ...{ leaseSeconds: 60, renewDeadlineSeconds: 50, retrySeconds: 30 },
      });
      candidates.push(candidate);
      return candidate;
    }) as [LeaderElection, LeaderElection];
    await a.acquire();
    const following = b.acquire();
    await sleep(500); // b has tried
    const start = performance.now();
    await a.release();
    await following;
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
