import { z } from "zod";

export const CONDITION_TYPES = ["Ready", "Reconciling", "Stalled", "Degraded", "Warning"] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Every reason that a condition may carry, and what it means (docs/reference). The list is closed: alerts rely on it. */
export const REASONS = {
  Available:
    "The objects match the spec, Multus runs on every node that should have it, and a look found it in place.",
  RolloutInProgress:
    "The objects match the spec; not every node runs the newest Multus yet, or was seen to since it does.",
  Syncing:
    "What the operator decides by is not known yet, or cannot be read; the message names the resource and why. Nothing is written meanwhile. Ready is Unknown if it was True.",
  NodesUnhealthy: "On at least one node Multus does not run; status.nodes.unhealthy says where and why.",
  RolloutStuck:
    "The rollout has not moved for ten minutes (run --rollout-deadline); the message says since when, and what it waits for.",
  RolloutFailed: "The canary failed: the rollout has stopped, and the other nodes keep their Multus.",
  RolledBack: "The rollout of the spec failed, and what ran completely last was put back.",
  NoMatchingNodes: "No node matches the selectors of the workload.",
  InvalidSpec: "The spec contradicts itself, or Multus would not start with it; the message names the field.",
  SecondInstall: "An older MultusInstall exists; this one touches nothing.",
  OwnershipConflict: "An object of the install exists already and other field managers hold fields of it.",
  ImmutableField:
    "An object of the install exists with a value that Kubernetes lets nobody change; the message says what to delete.",
  Forbidden: "The operator's role lacks a permission; the message names it.",
  NamespaceMissing: "spec.namespace does not exist.",
  Refused:
    "The API server, or a webhook, refuses an object as invalid; it is tried again every five minutes.",
  ApplyFailed: "The API server refused an object, or did not answer; it is tried again.",
  Paused:
    "spec.paused: nothing is written; the message lists the writes that wait. Ready is False if there are any.",
  Deleting: "The MultusInstall is being deleted and its objects with it.",
  KnownDefect:
    "The Multus release has a defect that this spec exposes the nodes to; the message states the consequence and the fix. Other warnings are in status.warnings.",
  MovingTag: "spec.image.tag moves: nodes may run different releases. Other warnings are in status.warnings.",
  ForeignFields:
    "Other field managers added fields to an object of the operator, which leaves them in place; the message names object, field and manager.",
  Unintended: "Something works and is likely unintended; the message and status.warnings say what.",
  Settled: "There is nothing to do, or nothing is wrong.",
} as const;
export type Reason = keyof typeof REASONS;

/** metav1.Condition. */
export const condition = z.object({
  type: z.string().max(316).describe("Ready, Reconciling, Stalled, Degraded or Warning."),
  status: z.enum(["True", "False", "Unknown"]).describe("True, False, or Unknown."),
  observedGeneration: z.int().min(0).optional().describe("The generation of the spec that this speaks of."),
  lastTransitionTime: z.string().max(64).meta({ format: "date-time" }).describe("When status last changed."),
  reason: z.string().max(1024).describe("One of a closed list, in CamelCase."),
  message: z.string().max(32768).describe("A sentence for people."),
});
export type Condition = z.output<typeof condition>;
