import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { importInstall } from "../../src/import/import.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import {
  type ApiObject,
  collectionPath,
  NODES,
  describe as nameOf,
  PODS,
  refOf,
  typeOf,
} from "../../src/kube/resource.ts";
import { renderInstall } from "../../src/render/render.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { withoutStatus } from "../cluster/without-status.ts";
import { HollowNodes } from "./hollow-nodes.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";
import { upstreamManifest } from "./upstream-manifests.ts";

/**
 * A Multus that the operator did not create is not the operator's: without `adopt` nothing of it is written, and
 * deleting the rejected MultusInstall leaves every object as it was, byte for byte, and every pod running.
 */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let client: KubeClient;
let controller: InstallOperator;
let nodes: HollowNodes;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true, scheduler: true });
  kubectl = new Kubectl(plane.kubeconfig);
  client = kubectl.client;
  nodes = new HollowNodes(client, pino({ level: "silent" }));
  await nodes.add("node-1");
  const labels = { "beta.kubernetes.io/arch": "amd64", "kubernetes.io/arch": "amd64" };
  await client.patch({ type: NODES, name: "node-1" }, { metadata: { labels } });
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig);
});

afterAll(async () => {
  await controller?.stop();
  await nodes?.stop();
  await plane?.stop();
});

afterEach(async () => {
  await client.delete({ type: MULTUS_INSTALL, name: "multus" });
  await remove([...byHandObjects.values()]);
  byHandObjects.clear();
});

/** What a test has put into the cluster. */
const byHandObjects = new Map<string, ApiObject>();

/**
 * Whether an object is foreign is decided for each object, and DaemonSets are compared by name: what two of them do to each
 * other, pairs with a DaemonSet show. All 381 subsets take a minute of CPU time more (MULTUS_OPERATOR_ALL_SUBSETS=1).
 */
const ALL_SUBSETS = Boolean(process.env.MULTUS_OPERATOR_ALL_SUBSETS);

function isInSample(present: readonly ApiObject[], all: readonly ApiObject[]): boolean {
  if (present.length === 2) return present.some(({ kind }) => kind === "DaemonSet");
  return present.length === 1 || present.length >= all.length - 1;
}

/** How people put a manifest into a cluster. */
type Tool = "kubectl apply" | "kubectl create";
const TOOLS: readonly Tool[] = ["kubectl apply", "kubectl create"];

/** The request that kubectl sends for an object that does not exist, without a process for each. */
async function byHand(tool: Tool, object: ApiObject): Promise<void> {
  const body = structuredClone(object);
  byHandObjects.set(nameOf(refOf(object)), object);
  if (tool === "kubectl apply")
    body.metadata.annotations = {
      ...body.metadata.annotations,
      "kubectl.kubernetes.io/last-applied-configuration": `${JSON.stringify(object)}\n`,
    };
  await client.json({
    method: "POST",
    path: collectionPath(typeOf(object), object.metadata.namespace),
    query: { fieldManager: tool === "kubectl apply" ? "kubectl-client-side-apply" : "kubectl-create" },
    body,
  });
}

async function remove(objects: readonly ApiObject[]): Promise<void> {
  for (const object of objects) await client.delete(refOf(object), { propagationPolicy: "Background" });
  for (const object of objects)
    await waitUntil(`${nameOf(refOf(object))} to be gone`, async () => !(await client.get(refOf(object))), {
      everyMs: 20,
    });
}

async function without(
  objects: ApiObject[],
  isRemoved: (object: ApiObject) => boolean,
): Promise<ApiObject[]> {
  await remove(objects.filter(isRemoved));
  return objects.filter((object) => !isRemoved(object));
}

/** Each object as it is stored, managedFields and resourceVersion too; of pods the names and uids. */
async function everything(objects: readonly ApiObject[]): Promise<unknown> {
  const stored = await Promise.all(
    objects.map(async (object) => {
      const live = await client.get<ApiObject>(refOf(object));
      // The DaemonSet controller and the apiextensions controllers write these at their own time.
      if (object.kind === "DaemonSet" || object.kind === "CustomResourceDefinition")
        return withoutStatus(live);
      return live;
    }),
  );
  return { stored, pods: await pods() };
}

/** Those that stay: on a busy machine the DaemonSet controller may have made one too many, which it is deleting. */
async function pods(): Promise<string[]> {
  const { items } = await client.list<ApiObject>(PODS, { namespace: "kube-system" });
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
    .toSorted();
}

async function install(spec: object): Promise<void> {
  await client.create(MULTUS_INSTALL, {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    // The CRD too, so that it is seen to stay if it is not the operator's.
    spec: { ...spec, uninstall: { networkDefinitions: "Delete" } },
  });
}

interface Ready {
  reason: string;
  message: string;
}

/** The Ready condition, once there is one that is not about waiting. */
async function answer(): Promise<Ready> {
  let ready: Ready | undefined;
  await waitUntil(
    "the operator's answer",
    async () => {
      const live = await client.get<ApiObject>({ type: MULTUS_INSTALL, name: "multus" });
      const { conditions = [] } = (live?.status ?? {}) as { conditions?: (Ready & { type: string })[] };
      ready = conditions.find(({ type }) => type === "Ready");
      return ready !== undefined && ready.reason !== "Syncing";
    },
    { everyMs: 20 },
  );
  return ready as Ready;
}

async function uninstall(): Promise<void> {
  await client.delete({ type: MULTUS_INSTALL, name: "multus" });
  await waitUntil(
    "the MultusInstall to be gone",
    async () => !(await client.get({ type: MULTUS_INSTALL, name: "multus" })),
    { everyMs: 20 },
  );
}

/** Once the DaemonSets' pods were made and run: from then on nothing changes any more. */
async function podsRun(present: readonly ApiObject[]): Promise<void> {
  const hasAccount = present.some(({ kind }) => kind === "ServiceAccount");
  const expected = present.filter(
    ({ kind, metadata: { name } }) => hasAccount && kind === "DaemonSet" && !/-(ppc64le|arm64)$/.test(name),
  ).length;
  // Not that of a DaemonSet of the same name that was just deleted: the garbage collector comes later.
  const daemonSets = await Promise.all(
    present
      .filter(({ kind }) => kind === "DaemonSet")
      .map(async (object) => (await client.get<ApiObject>(refOf(object)))?.metadata.uid),
  );
  const isTheirs = ({ metadata }: ApiObject) =>
    (metadata.ownerReferences as { uid: string }[] | undefined)?.some(({ uid }) => daemonSets.includes(uid));
  await waitUntil(
    "the pods of the manifest to run",
    async () => {
      const { items } = await client.list<ApiObject>(PODS, { namespace: "kube-system" });
      const running = items.filter(
        (pod) =>
          pod.metadata.deletionTimestamp === undefined &&
          (pod.status as { phase?: string }).phase === "Running" &&
          isTheirs(pod),
      );
      return running.length === expected && items.length === expected;
    },
    { everyMs: 20 },
  );
}

/** The objects that the spec renders and that must not exist already. The NAD CRD of others serves as well. */
function wanted(spec: object): Set<string> {
  return new Set(
    renderInstall(parsedInstall(spec))
      .objects.filter(({ kind }) => kind !== "CustomResourceDefinition")
      .map((object) => nameOf(refOf(object))),
  );
}

/** Any DaemonSet of upstream's names is a second Multus, rendered or not. */
const conflicting = (spec: object, present: readonly ApiObject[]) =>
  present
    .filter((object) => object.kind === "DaemonSet" || wanted(spec).has(nameOf(refOf(object))))
    .map((object) => nameOf(refOf(object)));

async function rejectAndDelete(spec: object, present: readonly ApiObject[], what: string): Promise<void> {
  await podsRun(present);
  const before = await everything(present);
  await install(spec);
  const { reason, message } = await answer();
  const conflicts = conflicting(spec, present);
  if (conflicts.length > 0) {
    expect(reason, what).toBe("OwnershipConflict");
    for (const name of conflicts) expect(message, what).toContain(`${name} already exists`);
    expect(message, what).toContain("spec.adopt: true");
    expect(await everything(present), `rejected: ${what}`).toEqual(before);
    const live = await client.get<ApiObject>({ type: MULTUS_INSTALL, name: "multus" });
    expect(live?.metadata.finalizers, what).toBeUndefined();
    expect(live?.status, what).not.toHaveProperty("inventory");
  } else expect(reason, what).not.toBe("OwnershipConflict");
  await uninstall();
  expect(await everything(present), `deleted: ${what}`).toEqual(before);
}

describe.each(["v4 thin", "v4 thick", "v3.4.2"] as const)("objects of upstream's %s that exist", (name) => {
  const manifest = upstreamManifest(name) as ApiObject[];
  const { spec } = importInstall(
    upstreamManifest(name).filter(({ metadata }) => metadata.name !== "kube-multus-ds-ppc64le"),
  ).install;

  it.each(TOOLS)("are untouched, by a rejection and by a deletion: all of them, by %s", async (tool) => {
    for (const object of manifest) await byHand(tool, object);
    await rejectAndDelete(spec, manifest, "all");
  });

  it(`are untouched, whichever of them exist: ${ALL_SUBSETS ? "every subset" : "each alone, each with each DaemonSet, all but one"}`, async () => {
    // In Gray code order a step adds or removes few objects.
    let present: ApiObject[] = [];
    for (let step = 1; step < 2 ** manifest.length; step++) {
      const code = step ^ (step >> 1);
      const next = manifest.filter((_, bit) => (code >> bit) & 1);
      if (!ALL_SUBSETS && !isInSample(next, manifest)) continue;
      // A DaemonSet that waits for its account tries again after minutes: it is made again with each change of that.
      const isAccount = ({ kind }: ApiObject) => kind === "ServiceAccount";
      if (present.some(isAccount) !== next.some(isAccount))
        present = await without(present, ({ kind }) => kind === "DaemonSet");
      present = await without(present, (object) => !next.includes(object));
      for (const object of next) if (!present.includes(object)) await byHand(TOOLS[step % 2] as Tool, object);
      present = next;
      await rejectAndDelete(spec, present, present.map((object) => nameOf(refOf(object))).join(", "));
    }
  });
});

it("is no takeover either if the objects are just those that the operator would apply", async () => {
  const spec = { mode: "Thick" };
  const rendered = renderInstall(parsedInstall(spec)).objects as ApiObject[];
  for (const object of rendered) await byHand("kubectl apply", object);
  await rejectAndDelete(spec, rendered, "rendered");
});
