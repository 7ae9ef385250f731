import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { pino } from "pino";
import { InstallOperator, type InstallOperatorOptions } from "../../src/install-operator.ts";
import { type ClientHooks, KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { type ApiObject, refOf } from "../../src/kube/resource.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { untilEstablished } from "../cluster/established.ts";
import type { Kubectl } from "../cluster/kubectl.ts";

const DEFINITION = "manifests/crds/multus-operator.dev_multusinstalls.yaml";

/**
 * The kind itself, by the request that a user's `kubectl apply --server-side` sends, without its process. Returns once the
 * API server serves it.
 */
export async function applyInstallDefinition(kubectl: Kubectl): Promise<void> {
  const definition = load(readFileSync(DEFINITION, "utf8")) as ApiObject;
  await kubectl.client.apply(refOf(definition), definition, { fieldManager: "kubectl" });
  await untilEstablished(kubectl, definition.metadata.name);
}

export interface StartOptions
  extends Partial<Pick<InstallOperatorOptions, "client" | "image" | "inspections" | "log">> {
  /** What sees each request of the controller's own client. */
  hooks?: ClientHooks;
}

/** The install controller in this process, as admin and started. The caller stops it. */
export async function startInstallController(
  kubeconfig: string,
  {
    hooks,
    client = new KubeClient(connect({ kubeconfig }), hooks),
    image,
    inspections,
    log = pino({ level: process.env.TEST_LOG ?? "silent" }),
  }: StartOptions = {},
): Promise<InstallOperator> {
  const events = new EventRecorder(client, log, {
    controller: "multus-operator.dev/multus-install",
    instance: "test",
  });
  const metrics = new Metrics();
  const seen = inspections ? { inspections } : {};
  const controller = new InstallOperator({ client, log, metrics, events, image, ...seen });
  await controller.start();
  return controller;
}
