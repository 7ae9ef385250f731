import { type MultusInstallStatus, multusInstallStatus } from "../../crds/multus-install/status.ts";
import type { MultusPodView } from "../../diagnosis/multus-pod.ts";
import type { NodeView } from "../../diagnosis/node.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ReconcileContext } from "../../kube/controller.ts";
import type { EventRecorder } from "../../kube/events.ts";
import type { ApiObject } from "../../kube/resource.ts";
import type { NetworkSummary } from "../../networks/summary.ts";
import type { ProbeImage } from "../../render/probe-pod.ts";
import type { CertificateApprover } from "../certificates/approver.ts";
import type { NodeTasks } from "../nodes/node-tasks.ts";
import type { Applier } from "../shared/applier.ts";
import type { OwnedObjects } from "../shared/watched-objects.ts";
import { recordedInventory } from "./inventory/inventory.ts";
import type { Findings } from "./status/status.ts";

export const FINALIZER = "multus-operator.dev/cleanup";

export interface Dependencies {
  client: KubeClient;
  installs: { get(name: string): ApiObject | undefined; values(): ApiObject[] };
  owned: OwnedObjects;
  applier: Applier;
  /** The Multus pods of a namespace; starts watching them at the first call. */
  pods: (namespace: string) => Promise<readonly MultusPodView[]>;
  /** The cluster's nodes; starts watching them at the first call. */
  nodes: () => Promise<readonly NodeView[]>;
  nodeTasks: NodeTasks;
  certificates: CertificateApprover;
  /** The operator's own image, for probes; undefined where it does not know it. */
  image: ProbeImage | undefined;
  events: EventRecorder;
  /** All networks and pods at a glance; undefined until they were seen once. */
  networks: () => NetworkSummary | undefined;
  now: () => Date;
  /** A rollout that has not moved for so long is stuck. */
  rolloutDeadlineSeconds: number;
}

/** One reconcile of one MultusInstall: what it has to work with, and what it has found so far. */
export interface Run {
  readonly live: ApiObject;
  readonly deps: Dependencies;
  readonly context: ReconcileContext;
  readonly previous: MultusInstallStatus;
  readonly findings: Findings;
  /** There is nothing to say, or nothing to say it in. */
  silent: boolean;
}

export function beginRun(live: ApiObject, deps: Dependencies, context: ReconcileContext): Run {
  const previous = multusInstallStatus.catch({}).parse(live.status ?? {});
  return {
    live,
    deps,
    context,
    previous,
    findings: {
      state: { kind: "Failing", reason: "ApplyFailed", message: "not looked at yet" },
      inventory: recordedInventory(live),
      ...carriedOver(previous, live),
    },
    silent: false,
  };
}

/** What later looks rely on must outlive a look that fails before it comes to it. */
function carriedOver(previous: MultusInstallStatus, live: ApiObject): Partial<Findings> {
  const { rollout, startupTaint } = previous;
  return {
    ...(rollout && rollout.generation === live.metadata.generation ? { rolloutRecord: rollout } : {}),
    ...(startupTaint ? { startupTaint } : {}),
  };
}
