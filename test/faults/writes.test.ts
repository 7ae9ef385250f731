import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import type { ApiObject } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { clusterState, type Found } from "./cluster-state.ts";
import { type Fault, Victim } from "./victim.ts";

/**
 * A fault at every single write of an install, an update and a deletion, in turn (the plans of Sieve, OSDI '22,
 * "intermediate state"): whatever broke, the cluster ends as in the run without a fault, and comes to rest.
 */

const CRD = new URL("../../manifests/crds/multus-operator.dev_multusinstalls.yaml", import.meta.url);
const THICK = { mode: "Thick" };
const THIN = { logging: { level: "debug" } };

let plane: ControlPlane;
let kubectl: Kubectl;
let observer: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  observer = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  await kubectl.runWithInput(readFileSync(CRD, "utf8"), "apply", "--server-side", "-f", "-");
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
});
afterAll(async () => {
  await plane?.stop();
});

async function put(spec: object): Promise<void> {
  const install = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec,
  };
  await kubectl.runWithInput(JSON.stringify(install), "replace", "-f", "-").catch(async () => {
    await kubectl.runWithInput(JSON.stringify(install), "create", "-f", "-");
  });
}

/** Waits until the status speaks of the newest spec; the install has no nodes to run on here. */
async function settled(): Promise<void> {
  await waitUntil("the install to be settled", async () => {
    const install = await observer.get<ApiObject>({ type: MULTUS_INSTALL, name: "multus" });
    const { metadata, status } = install as unknown as Found;
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    return ready?.reason === "NoMatchingNodes" && ready.observedGeneration === metadata.generation;
  });
}

async function gone(): Promise<void> {
  await waitUntil(
    "everything to be gone",
    async () => Object.keys(await clusterState(observer)).length === 0,
  );
}

interface Workload {
  name: string;
  /** What is there before the operator starts that the fault strikes. */
  prepare: () => Promise<void>;
  /** What the user then does. */
  act: () => Promise<void>;
  done: () => Promise<void>;
}

/** With an operator that nothing happens to. */
async function undisturbed(act: () => Promise<void>, done: () => Promise<void>): Promise<string[]> {
  await using operator = await Victim.start(plane.kubeconfig);
  await act();
  await done();
  await atRest(operator, "without a fault");
  return operator.writes;
}

const remove = async () => {
  await kubectl.run("delete", "multusinstall", "multus", "--wait=false", "--ignore-not-found");
};
const clear = async () => {
  await undisturbed(remove, gone);
};

const WORKLOADS: Workload[] = [
  { name: "install", prepare: clear, act: () => put(THICK), done: settled },
  {
    name: "update",
    prepare: async () => {
      await clear();
      await undisturbed(() => put(THICK), settled);
    },
    act: () => put(THIN),
    done: settled,
  },
  {
    name: "deletion",
    prepare: async () => {
      await undisturbed(() => put(THICK), settled);
    },
    act: remove,
    done: gone,
  },
];

const unavailable = (): Error =>
  new ApiError(
    { method: "PATCH", path: "/the-write" },
    503,
    JSON.stringify({ reason: "ServiceUnavailable", message: "by the test" }),
  );
const conflict = (): Error =>
  new ApiError(
    { method: "PATCH", path: "/the-write" },
    409,
    JSON.stringify({ reason: "Conflict", message: "by the test" }),
  );

const FAULTS: { name: string; at: (write: number) => Fault }[] = [
  { name: "a crash", at: (at) => ({ kind: "crash", at }) },
  { name: "a lost reply", at: (at) => ({ kind: "reply-lost", at }) },
  { name: "503", at: (at) => ({ kind: "refused", at, error: unavailable() }) },
  { name: "409", at: (at) => ({ kind: "refused", at, error: conflict() }) },
];

/** The install gets every fault; the others a crash, and the rest with FAULTS=all (two minutes more). */
const faultsOf = (workload: string) =>
  workload === "install" || process.env.FAULTS === "all" ? FAULTS : FAULTS.slice(0, 1);

describe.each(WORKLOADS)("$name", ({ name, prepare, act, done }) => {
  let expected: Record<string, unknown>;
  let needed: string[];

  beforeAll(async () => {
    await prepare();
    needed = await undisturbed(act, done);
    expected = await clusterState(observer);
    expect(needed.length).toBeGreaterThan(3);
  });

  it.each(faultsOf(name))("$name at any write leaves no trace", { timeout: 900_000 }, async ({ at }) => {
    for (let write = 0; write < needed.length; write++) {
      await prepare();
      const plan = `write ${write}: ${needed[write]}`;
      const fault = at(write);
      const spent: string[] = [];
      {
        await using operator = await Victim.start(plane.kubeconfig, fault);
        await act();
        // How often the status is written depends on how soon events arrive: the last writes may not be needed.
        const struck = await Promise.race([operator.struck.then(() => true), reached(done, operator)]);
        if (!struck) {
          expect(write, plan).toBeGreaterThanOrEqual(needed.length - 2);
          break;
        }
        if (fault.kind !== "crash") {
          await done();
          await atRest(operator, plan);
        }
        spent.push(...operator.writes);
      }
      if (fault.kind === "crash") {
        await using successor = await Victim.start(plane.kubeconfig);
        await done();
        await atRest(successor, plan);
        spent.push(...successor.writes);
      }
      expect(await clusterState(observer), plan).toEqual(expected);
      // What failed is sent once more, and the status may tell of the failure and of its end.
      expect(spent.length, `${plan}\n${spent.join("\n")}`).toBeLessThanOrEqual(needed.length + 4);
    }
  });
});

/** False: the workload has come to its end without the fault. */
async function reached(done: () => Promise<void>, operator: Victim): Promise<false> {
  await done();
  await atRest(operator, "without the fault");
  return false;
}

/** Once what was asked is reached, what is left to tidy up is soon done, and nothing more is written. */
async function atRest(operator: Victim, plan: string): Promise<void> {
  let seen = -1;
  let since = 0;
  await waitUntil(`no more writes (${plan})`, () => {
    if (operator.writes.length !== seen) [seen, since] = [operator.writes.length, performance.now()];
    return performance.now() - since > 600;
  });
}
