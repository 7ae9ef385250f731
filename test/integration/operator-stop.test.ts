import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { InstallOperator } from "../../src/install-operator.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, LEASES } from "../../src/kube/resource.ts";
import { MultusOperator } from "../../src/operator.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition } from "./install-controller.ts";

/** A whole operator of which one part does not stop as it should: the rest does. */

const NAMESPACE = "multus-operator";
let plane: BorrowedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await borrowControlPlane();
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  await kubectl.run("create", "namespace", NAMESPACE);
});
afterAll(async () => await plane?.stop());

it("gives the lease up and closes its ports although a controller cannot be stopped, and reports the error", async () => {
  let port = 0;
  const write = (line: string) => {
    port = (JSON.parse(line) as { healthPort?: number }).healthPort ?? port;
  };
  const operator = new MultusOperator({
    connection: connect({ kubeconfig: plane.kubeconfig }),
    log: pino({}, { write }),
    healthPort: 0,
    namespace: NAMESPACE,
    leaseNamespace: NAMESPACE,
  });
  const running = operator.start();
  const holder = async () => {
    const lease = { type: LEASES, namespace: NAMESPACE, name: NAMESPACE };
    const found = await kubectl.client.get<ApiObject & { spec?: { holderIdentity?: string } }>(lease);
    return found?.spec?.holderIdentity ?? "";
  };
  await waitUntil("the lease", async () => (await holder()) !== "");
  const stop = InstallOperator.prototype.stop;
  const failing = vi.spyOn(InstallOperator.prototype, "stop").mockImplementation(async function (
    this: InstallOperator,
  ) {
    await stop.call(this);
    throw new Error("a cache that cannot be closed");
  });
  try {
    await expect(operator.stop()).rejects.toThrow("a cache that cannot be closed");
  } finally {
    failing.mockRestore();
  }
  expect(await holder()).toBe("");
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  await running;
});
