import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Admission } from "../../src/controllers/admission/admission.ts";
import { Caches } from "../../src/controllers/shared/caches.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";

/** An API server on which ValidatingAdmissionPolicy is disabled: the webhook works alone. */

let plane: ControlPlane;
let kubectl: Kubectl;
let admission: Admission | undefined;
let caches: Caches | undefined;

beforeAll(async () => {
  const policies = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  const off = policies.map((resource) => `admissionregistration.k8s.io/v1/${resource}=false`).join();
  plane = await startControlPlane({
    apiserverArgs: [`--runtime-config=${off}`, "--disable-admission-plugins=ValidatingAdmissionPolicy"],
  });
  kubectl = new Kubectl(plane.kubeconfig);
  await kubectl.run("apply", "--server-side", "-f", "manifests/crds");
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
  await kubectl.run("create", "namespace", "multus-operator");
});

afterAll(async () => {
  await Promise.all([admission?.stop(), caches?.stop()]);
  await admission?.close();
  await plane?.stop();
});

it("writes the webhook configuration, and no policy", async () => {
  await new TestInstall(kubectl).apply({});
  const client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  const log = pino({ level: "silent" });
  caches = new Caches(client, log);
  admission = new Admission({
    client,
    caches,
    log,
    metrics: new Metrics(),
    events: new EventRecorder(client, log, { controller: "multus-operator.dev/admission", instance: "test" }),
    namespace: "multus-operator",
    webhook: { port: 0, host: "127.0.0.1", url: "https://127.0.0.1", replica: "replica-1" },
  });
  await admission.serve();
  admission.lead();
  await waitUntil("the webhook to be trusted", async () => {
    const found = await kubectl.run("get", "validatingwebhookconfiguration", "-o", "name");
    return found.includes("multus-operator") && admission?.notReady() === undefined;
  });
  // The API server has events of its own.
  const events = await kubectl.get<{
    items: { reportingComponent?: string; source?: { component?: string } }[];
  }>("events", "-A");
  const own = events.items.filter(({ reportingComponent, source }) =>
    (reportingComponent || (source?.component ?? "")).startsWith("multus-operator"),
  );
  expect(own).toEqual([]);
});
