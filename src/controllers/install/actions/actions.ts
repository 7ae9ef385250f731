import type { KubeObject } from "../../../crds/kube-object.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { NodeView } from "../../../diagnosis/node.ts";
import type { ManagedFieldsEntry } from "../../../kube/managed-fields.ts";
import type { ObjectRef } from "../../../kube/resource.ts";
import type {
  CleaningRequest,
  DaemonPod,
  InspectionPlan,
  NodeNotCleaned,
  PluginsRequest,
  TaskOwner,
} from "../../shared/node-tasks.ts";
import type { StatusInput } from "../status/status.ts";

/**
 * One thing that a reconcile does. A plan is a list of these, in the order in which they are carried out; the first
 * that fails ends the reconcile.
 */
export type Action =
  /** Approve the certificates of the daemons in this namespace, or of none. `required`: the operator must be allowed to. */
  | { kind: "ServeCertificates"; namespace: string | undefined; required: boolean }
  /** Ends the reconcile with an error before anything is written. */
  | { kind: "Reject"; error: Error }
  /** Dry runs: the API server would accept every one of these objects. */
  | { kind: "Rehearse"; objects: readonly KubeObject[] }
  | { kind: "AddFinalizer" }
  /** Fields that were set by hand become the operator's, and are removed if the spec does not have them. */
  | {
      kind: "TakeOver";
      ref: ObjectRef;
      resourceVersion: string | undefined;
      managedFields: ManagedFieldsEntry[];
    }
  | { kind: "ReportAdoption"; note: string }
  /** Writes to the status what may exist from now on. Always before the objects themselves. */
  | { kind: "Record"; entries: readonly InventoryEntry[] }
  /** `adopt`: fields of other managers are taken over. */
  | { kind: "Apply"; object: KubeObject; adopt: boolean }
  /** Deletes an object if it is the operator's. */
  | { kind: "Delete"; entry: InventoryEntry }
  /** Deletes what the spec no longer has; the inventory is `wanted` then, and what is still terminating. */
  | { kind: "Prune"; obsolete: readonly InventoryEntry[]; wanted: readonly InventoryEntry[] }
  | { kind: "DeletePod"; pod: MultusPodHealth }
  /** Removes a pod from the API without its kubelet's confirmation. */
  | { kind: "ForceDeletePod"; pod: MultusPodHealth }
  | { kind: "CreateProbe"; pod: KubeObject }
  | { kind: "RemoveTaint"; node: NodeView; key: string; tolerateForbidden?: boolean }
  /** Which nodes are inspected from now on; undefined: none. */
  | { kind: "Inspect"; plan: InspectionPlan | undefined }
  | { kind: "PauseInspections" }
  | { kind: "ReleaseShims"; owner: TaskOwner; daemons: readonly DaemonPod[]; daemonFollows: boolean }
  | { kind: "ForgetDaemons" }
  | { kind: "CleanLeftovers"; request: CleaningRequest }
  | { kind: "AbandonLeftovers" }
  | { kind: "InstallPlugins"; request: PluginsRequest }
  /** For the pods that clean nodes, if it is missing; does not fail if the API server rejects it. */
  | { kind: "CreateAccount"; account: KubeObject }
  | { kind: "CleanNodes"; request: CleaningRequest }
  | { kind: "AbandonCleaning" }
  | { kind: "WriteStatus"; status: StatusInput }
  | { kind: "ReportNodesNotCleaned"; nodes: readonly NodeNotCleaned[] }
  | { kind: "RemoveFinalizer" };
