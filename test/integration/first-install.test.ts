import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ARCHITECTURES } from "../../src/crds/multus-install/spec.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import type { RequestInfo } from "../../src/kube/client.ts";
import { CONFIG_MAPS } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** What a first install asks of the API server, and what it finds although no watch shows it. */

const CONFIG = { type: CONFIG_MAPS, namespace: "kube-system", name: "multus-daemon-config" };
let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let install: TestInstall;
let controller: InstallOperator;
let sent: string[];
/** Lets go on what a test holds back, also of one that fails. */
let release = (): void => {};

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  install = new TestInstall(kubectl);
  await applyInstallDefinition(kubectl);
});

afterEach(async () => {
  release();
  await kubectl.run("delete", "multusinstall", "--all", "--timeout=120s");
  await controller.stop();
});

afterAll(async () => {
  await plane?.stop();
});

/** @param before what each request waits for */
async function start(before = async (_: RequestInfo): Promise<void> => {}): Promise<void> {
  sent = [];
  const hooks = {
    before: async (request: RequestInfo) => {
      await before(request);
      sent.push(textOf(request));
    },
  };
  controller = await startInstallController(plane.kubeconfig, { hooks });
}

/** "GET daemonsets/kube-multus-ds", without what is the same for all. */
function textOf({ method, path, query = {} }: RequestInfo): string {
  const verb = query.watch ? "WATCH" : query.limit ? "LIST" : query.dryRun ? "DRY RUN" : method;
  const place = path.replace(/^\/apis?\/([^/]*\/)?v1[^/]*\//, "").replace("namespaces/kube-system/", "");
  return `${verb} ${place}${query.fieldSelector ? `?${query.fieldSelector}` : ""}`;
}

const exists = async (kind: string, name: string) =>
  (await kubectl.run("get", kind, name, "-n", "kube-system", "--ignore-not-found", "-o", "name")) !== "";
const applies = () => sent.filter((text) => /^(POST|PUT|PATCH|DELETE)/.test(text));

const CRD = "customresourcedefinitions/network-attachment-definitions.k8s.cni.cncf.io";
/** What the operator rehearses as new, and then creates. */
const CREATED = [
  CRD,
  "serviceaccounts/multus",
  "clusterroles/multus",
  `configmaps/${CONFIG.name}`,
  "daemonsets/kube-multus-ds",
];

it("sends a request only for what no watch shows, and creates each object with one", async () => {
  await start();
  sent.length = 0;
  await install.apply({ mode: "Thick" });
  await waitUntil("the DaemonSet", () => exists("daemonset", "kube-multus-ds"));
  const asked = sent
    .slice(0, sent.indexOf("PATCH daemonsets/kube-multus-ds") + 1)
    .filter((text) => !text.startsWith("WATCH"));
  const requests = asked.filter((text) => !text.startsWith("LIST"));
  const first = requests.findIndex((text) => text.startsWith("PATCH"));
  expect(requests.slice(0, first).toSorted()).toEqual(
    [
      ...CREATED.map((name) => `DRY RUN ${name}`),
      "GET clusterrolebindings/multus",
      ...ARCHITECTURES.map((name) => `GET daemonsets/kube-multus-ds-${name}`),
    ].toSorted(),
  );
  expect(requests.slice(first, first + 2)).toEqual([
    "PATCH multusinstalls/multus",
    "PATCH multusinstalls/multus/status",
  ]);
  expect(requests.slice(first + 2).toSorted()).toEqual(
    [...CREATED, "clusterrolebindings/multus"].map((name) => `PATCH ${name}`).toSorted(),
  );
  // Of each object, of the guard's two and of the ConfigMap that keeps the last spec; of nodes and of Multus' pods.
  expect(asked.length - requests.length).toBe(CREATED.length + 1 + 3 + 2);
});

it("finds what another has created before its first write, also if the watch does not show it", async () => {
  const { promise: released, resolve } = Promise.withResolvers<void>();
  release = resolve;
  await start(async ({ query }) => {
    if (query?.watch && query.fieldSelector === `metadata.name=${CONFIG.name}`) await released;
  });
  await install.apply({ mode: "Thick", paused: true });
  await install.reason("Reconciling", "Paused");
  const theirs = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: CONFIG.name, namespace: CONFIG.namespace },
  };
  await kubectl.client.apply(CONFIG, theirs, { fieldManager: "another" });
  sent.length = 0;
  await install.patch({ paused: false });
  const message = await install.reason("Stalled", "OwnershipConflict");
  expect(message).toContain(
    `ConfigMap kube-system/${CONFIG.name} already exists; the operator did not create it`,
  );
  // The event may come after the status.
  const allowed = ["PATCH multusinstalls/multus/status", "POST namespaces/default/events"];
  expect(applies().filter((text) => !allowed.includes(text))).toEqual([]);
  expect((await install.now()).metadata.finalizers).toBeUndefined();
  await kubectl.client.delete(CONFIG);
  await install.reason("Ready", "NoMatchingNodes");
});
