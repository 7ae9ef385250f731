import { pino } from "pino";
import { afterAll, beforeAll, it } from "vitest";
import { ClusterView } from "../../src/controllers/admission/view.ts";
import { Caches } from "../../src/controllers/shared/caches.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { NETWORK_DEFINITION, networkDefinition } from "../../src/render/definition.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { untilQuiet, waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition } from "./install-controller.ts";
import { FaultProxy } from "./kube/fault-proxy.ts";

/** What admission knows of NADs, whose CRD comes and goes. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await borrowControlPlane();
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
});
afterAll(async () => await plane?.stop());

async function define(): Promise<void> {
  const parsed = parsedInstall();
  await kubectl.runWithInput(JSON.stringify(networkDefinition(parsed)), "apply", "--server-side", "-f", "-");
  await untilEstablished(kubectl, NETWORK_DEFINITION);
}

it("asks for no NADs while their CRD is not there, and for all of them once it is there again", async () => {
  await using proxy = await FaultProxy.start(plane);
  const client = new KubeClient(connect({ kubeconfig: proxy.kubeconfig }));
  const log = pino({ level: "silent" });
  const caches = new Caches(client, log);
  const view = new ClusterView({
    client,
    caches,
    log,
    namespace: "multus-operator",
    onChange: () => {},
  });
  const watches = () =>
    proxy.requests.filter((request) => /network-attachment-definitions\?.*watch=true/.test(request)).length;
  view.start();
  try {
    await define();
    await waitUntil("a watch of NADs", () => watches() > 0);
    await kubectl.run("delete", "crd", NETWORK_DEFINITION);
    const asked = () =>
      proxy.requests.filter((request) => request.includes("network-attachment-definitions?")).length;
    // The watch of the CRD ends that of NADs. An unknown type would be asked for every five seconds.
    await untilQuiet("requests for NADs", asked, 8000);

    const before = watches();
    await define();
    await waitUntil("a watch of NADs", () => watches() > before);
  } finally {
    await Promise.all([view.stop(), caches.stop()]);
  }
});
