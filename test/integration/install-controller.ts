import { pino } from "pino";
import { InstallOperator, type InstallOperatorOptions } from "../../src/install-operator.ts";
import { type ClientHooks, KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { untilEstablished } from "../cluster/established.ts";
import type { Kubectl } from "../cluster/kubectl.ts";

/** The kind itself, as a user's `kubectl apply` makes it. Returns once the API server serves it. */
export async function applyInstallDefinition(kubectl: Kubectl): Promise<void> {
  const file = "manifests/crds/multus-operator.dev_multusinstalls.yaml";
  await kubectl.run("apply", "--server-side", "-f", file);
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
}

export interface StartOptions
  extends Partial<Pick<InstallOperatorOptions, "client" | "image" | "inspections">> {
  /** What sees each request of the controller's own client. */
  hooks?: ClientHooks;
}

/** The install controller in this process, as admin and started. The caller stops it. */
export async function startInstallController(
  kubeconfig: string,
  { hooks, client = new KubeClient(connect({ kubeconfig }), hooks), image, inspections }: StartOptions = {},
): Promise<InstallOperator> {
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  const events = new EventRecorder(client, log, "multus-operator.dev/multus-install", "test");
  const metrics = new Metrics();
  const seen = inspections ? { inspections } : {};
  const controller = new InstallOperator({ client, log, metrics, events, image, ...seen });
  await controller.start();
  return controller;
}
