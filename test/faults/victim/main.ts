/**
 * An operator as a thread of its own, which can be ended at any moment as a process can: nothing of it outlives it. Its
 * clock, and only its, obeys the engine.
 */
import { parentPort, workerData } from "node:worker_threads";
import { InstallOperator } from "../../../src/install-operator.ts";
import { KubeClient } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { EventRecorder } from "../../../src/kube/events.ts";
import { MultusOperator } from "../../../src/operator.ts";
import { createLogger, type LogLevel } from "../../../src/telemetry/logger.ts";
import { Metrics } from "../../../src/telemetry/metrics.ts";
import { advance, pending, runAt, setWall } from "./clock.ts";
import type { Order, Told, VictimSettings } from "./orders.ts";

const settings = workerData as VictimSettings;
runAt(settings.speed);
const tell = (told: Told) => parentPort?.postMessage(told);
const log = createLogger(settings.logLevel as LogLevel);
const image = { reference: settings.image, pullPolicy: "IfNotPresent", pullSecrets: [] };
const connection = connect({ kubeconfig: settings.kubeconfig });

const operator = settings.lease ? whole(settings.lease) : installs();

/** The whole program, as one of several replicas. */
function whole(namespace: string): { start(): Promise<void>; stop(): Promise<void> } {
  return new MultusOperator({
    ...{ connection, log, healthPort: 0, leaseNamespace: namespace, namespace, taskImage: image },
  });
}

/** The part that writes, without a lease. */
function installs(): { start(): Promise<void>; stop(): Promise<void> } {
  const client = new KubeClient(connection);
  const events = new EventRecorder(client, log, {
    controller: "multus-operator.dev/multus-install",
    instance: "victim",
  });
  const part = new InstallOperator({ client, log, metrics: new Metrics(), image, events });
  return {
    start: () => part.start(),
    stop: async () => {
      await part.stop();
      await connection.close();
    },
  };
}

parentPort?.on("message", (order: Order) => {
  switch (order.kind) {
    case "advance":
      advance(order.ms);
      break;
    case "set the wall clock":
      setWall(order.ms);
      break;
    case "freeze":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, order.ms);
      break;
    case "timers":
      tell({ kind: "timers", due: pending() });
      break;
    case "stop":
      void operator.stop().then(() => {
        tell({ kind: "stopped" });
        parentPort?.close();
      });
      break;
  }
});

operator.start().then(
  () => tell({ kind: "started" }),
  (error: unknown) => tell({ kind: "ended", error: error instanceof Error ? error.message : String(error) }),
);
