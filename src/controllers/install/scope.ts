import { type MultusInstallStatus, multusInstallStatus } from "../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../diagnosis/node.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ReconcileContext } from "../../kube/controller.ts";
import type { EventRecorder } from "../../kube/events.ts";
import type { ApiObject } from "../../kube/resource.ts";
import type { NetworkSummary } from "../../networks/summary.ts";
import type { OperatorImage } from "../../render/operator-image.ts";
import type { Applier } from "../shared/applier.ts";
import type { DaemonCertificates } from "../shared/daemon-certificates.ts";
import type { NodeTasks } from "../shared/node-tasks.ts";
import type { SeenSince } from "../shared/seen-since.ts";
import type { Synced } from "../shared/synced.ts";
import type { OwnedObjects } from "../shared/watched-objects.ts";
import type { KubeletEvents } from "./observe/kubelet-events.ts";
import type { SeenPods } from "./observe/seen-pods.ts";

export const FINALIZER = "multus-operator.dev/cleanup";

export interface Dependencies {
  client: KubeClient;
  installs: Synced & {
    /** The newest that is known, by the watch or by an answer to `wrote`. */
    get(name: string): ApiObject | undefined;
    values(): ApiObject[];
    /** To be called with each answer that shows a MultusInstall: to a write of it or of its status, or to a read. */
    wrote(answer: ApiObject): void;
  };
  owned: OwnedObjects;
  applier: Applier;
  /** The Multus pods of a namespace; starts watching them at the first call. Throws a NotSynced. */
  pods: (namespace: string) => Promise<readonly MultusPodHealth[]>;
  /** Those with this value of the label `app`, likewise. */
  podsOf: (namespace: string, app: string) => Promise<readonly MultusPodHealth[]>;
  /** The cluster's nodes; starts watching them at the first call. Throws a NotSynced. */
  nodes: () => Promise<readonly NodeView[]>;
  nodeTasks: NodeTasks;
  /** The reference plugins that valid NADs need; starts watching NADs at the first call. Throws a NotSynced. */
  pluginsOfNetworks: () => Promise<readonly string[]>;
  certificates: DaemonCertificates;
  kubeletEvents: KubeletEvents;
  /** The operator's own image, for probes; undefined if it is not known. */
  image: OperatorImage | undefined;
  events: EventRecorder;
  /** A summary of all networks and pods; undefined until they were seen once. */
  networks: () => NetworkSummary | undefined;
  /** Sentences: what cannot be read of networks and pods. */
  unknownOfNetworks: () => readonly string[];
  /** The wall clock: for what is written. How long something lasts is not read from it, see `seen`. */
  now: () => Date;
  /** How long pods and all else are as they are, as this process has observed; kept from one reconcile to the next. */
  seen: {
    pods: SeenPods;
    since: SeenSince;
    /**
     * By "namespace/name" of a DaemonSet its UID and its template's generation, if the template was restored before a pod of
     * another was created: no pod has that generation.
     */
    restoredTemplates: Map<string, string>;
  };
  /** A rollout that has not progressed for this long is stuck. */
  rolloutDeadlineSeconds: number;
}

/** One reconcile of one MultusInstall: the object as it was at the begin, and what to read and write with. */
export interface ReconcileScope {
  readonly live: ApiObject;
  /** The object as its own last write left it; `live` before the first. */
  readonly last: { install: ApiObject };
  readonly deps: Dependencies;
  readonly context: ReconcileContext;
  readonly previous: MultusInstallStatus;
}

export function newScope(live: ApiObject, deps: Dependencies, context: ReconcileContext): ReconcileScope {
  return {
    live,
    last: { install: live },
    // Every request of this reconcile, and every event, ends with it: a stop waits for none of them.
    deps: { ...deps, client: deps.client.with(context), events: deps.events.with(context) },
    context,
    previous: multusInstallStatus.catch({}).parse(live.status ?? {}),
  };
}
