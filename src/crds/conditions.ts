import { z } from "zod";

export const CONDITION_TYPES = ["Ready", "Reconciling", "Stalled", "Degraded", "Warning"] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Every reason that a condition may carry, and its meaning (docs/reference). The list is closed: alerts rely on it. */
export const REASONS = {
  Available:
    "The objects match the spec, Multus runs on every node that should have it, and each of these nodes was inspected (unless spec.nodes.inspection is Off).",
  RolloutInProgress:
    "The objects match the spec; some nodes do not run the newest Multus yet, or have not been inspected since it started.",
  Syncing:
    "The operator has not read, or cannot read, what its decisions depend on; the message names the resource and the cause. Nothing is written in the meantime. Ready is Unknown if it was True.",
  NodesUnhealthy:
    "Multus does not run correctly on at least one node; status.nodes.unhealthy names the nodes and the causes.",
  RolloutStuck:
    "The rollout made no progress for ten minutes (the chart's rolloutDeadlineSeconds); the message states since when, and what it waits for.",
  RolloutFailed: "The canary failed: the rollout has stopped, and the other nodes keep their Multus.",
  RolledBack: "The rollout of the spec failed, and the last complete install was restored.",
  NoMatchingNodes: "No node matches spec.workload (nodeSelector, affinity, architectures).",
  InvalidSpec: "The spec is contradictory, or Multus would not start with it; the message names the field.",
  SecondInstall: "An older MultusInstall exists; the operator writes nothing for this one.",
  OwnershipConflict:
    "An object of the install already exists and is not the operator's; the message names its field managers.",
  ImmutableField:
    "An object of the install exists and has another value in an immutable field; the message states what to delete.",
  Forbidden: "The operator's role lacks a permission; the message names it.",
  NamespaceMissing: "spec.namespace does not exist.",
  Rejected:
    "The API server or a webhook rejects an object as not valid; the operator retries at intervals that grow from five seconds to five minutes.",
  UnknownKind:
    "status.inventory lists an object of a kind that this version of the operator does not know, as after a downgrade. Nothing is changed or deleted, also if the MultusInstall is being deleted; upgrade the operator again.",
  ApplyFailed: "The API server rejected an object or did not respond; the operator retries.",
  Paused:
    "spec.paused: nothing is written; the message lists the pending writes. Ready is False if there are any.",
  Deleting: "The MultusInstall and its objects are being deleted.",
  KnownDefect:
    "The Multus release has a defect that this spec exposes the nodes to; the message states the consequence and the fix. Other warnings are in status.warnings.",
  MovingTag: "spec.image.tag moves: nodes may run different releases. Other warnings are in status.warnings.",
  ForeignFields:
    "Other field managers added fields to an object of the operator, which leaves them in place; the message names object, field and manager.",
  Unintended: "A setting works but is probably not intended; the message and status.warnings describe it.",
  Settled: "The condition is False, and there is nothing to report.",
} as const;
export type Reason = keyof typeof REASONS;

/** metav1.Condition. */
export const condition = z.object({
  type: z.string().max(316).describe("Ready, Reconciling, Stalled, Degraded or Warning."),
  status: z.enum(["True", "False", "Unknown"]).describe("True, False, or Unknown."),
  observedGeneration: z.int().min(0).optional().describe("The generation of the spec that this describes."),
  lastTransitionTime: z.string().max(64).meta({ format: "date-time" }).describe("When status last changed."),
  reason: z.string().max(1024).describe("One of a closed list, in CamelCase."),
  message: z.string().max(32768).describe("A human-readable sentence."),
});
export type Condition = z.output<typeof condition>;
