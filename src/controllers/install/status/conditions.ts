import {
  CONDITION_TYPES,
  type Condition,
  type ConditionType,
  type Reason,
} from "../../../crds/conditions.ts";
import { listed } from "../../../crds/listed.ts";
import type { RolloutPhase } from "../rollout/assess.ts";

/** What a reconcile found, from which the conditions follow. */
export type InstallState =
  | { kind: "Running"; phase: RolloutPhase }
  /** Nothing is written; `waiting` names what would be: "apply DaemonSet kube-system/kube-multus-ds". */
  | { kind: "Paused"; phase: RolloutPhase; waiting: readonly string[] }
  /** Something that must be known is not; nothing is written. `wasReady`: for this very spec. */
  | { kind: "Syncing"; message: string; wasReady: boolean }
  /** Tried again. */
  | { kind: "Failing"; reason: "ApplyFailed"; message: string }
  /** A user has to change something first. */
  | {
      kind: "Stalled";
      reason:
        | "InvalidSpec"
        | "SecondInstall"
        | "OwnershipConflict"
        | "ImmutableField"
        | "Forbidden"
        | "NamespaceMissing"
        | "Rejected"
        | "UnknownKind";
      message: string;
    }
  | { kind: "Deleting"; message: string };

type Draft = { status: "True" | "False" | "Unknown"; reason: Reason; message: string };
/** Those that follow from the state alone. */
type Drafts = Record<Exclude<ConditionType, "Warning">, Draft>;

const MAX_NAMED_WRITES = 20;

const settled: Draft = { status: "False", reason: "Settled", message: "" };

/** The conditions for the state that was found, after kstatus: Reconciling and Stalled are True only while they mean something. */
export function conditionsFor(state: InstallState): Drafts {
  switch (state.kind) {
    case "Running":
      return running(state.phase);
    case "Paused": {
      const drafts = running(state.phase);
      const message = paused(state.waiting);
      const Reconciling: Draft = { status: "False", reason: "Paused", message };
      if (state.waiting.length === 0) return { ...drafts, Reconciling };
      return { ...drafts, Reconciling, Ready: { status: "False", reason: "Paused", message } };
    }
    case "Syncing": {
      const { message, wasReady } = state;
      return {
        Ready: { status: wasReady ? "Unknown" : "False", reason: "Syncing", message },
        Reconciling: { status: "True", reason: "Syncing", message },
        Stalled: settled,
        Degraded: settled,
      };
    }
    case "Failing":
    case "Deleting": {
      const reason = state.kind === "Deleting" ? "Deleting" : state.reason;
      const { message } = state;
      return {
        Ready: { status: "False", reason, message },
        Reconciling: { status: "True", reason, message },
        Stalled: settled,
        Degraded: settled,
      };
    }
    case "Stalled": {
      const { reason, message } = state;
      return {
        Ready: { status: "False", reason, message },
        Reconciling: settled,
        Stalled: { status: "True", reason, message },
        Degraded: settled,
      };
    }
  }
}

function running({ state, message }: RolloutPhase): Drafts {
  const drafts: Drafts = {
    Ready: { status: "True", reason: "Available", message },
    Reconciling: settled,
    Stalled: settled,
    Degraded: settled,
  };
  const inProgress: Draft = { status: "True", reason: "RolloutInProgress", message };
  switch (state) {
    case "Complete":
      return drafts;
    case "NoNodes":
      return { ...drafts, Ready: { status: "False", reason: "NoMatchingNodes", message } };
    case "Progressing":
    case "Inspecting":
      return {
        ...drafts,
        Ready: { status: "False", reason: "RolloutInProgress", message },
        Reconciling: inProgress,
      };
    case "Stuck":
      return {
        ...drafts,
        Ready: { status: "False", reason: "RolloutStuck", message },
        Reconciling: inProgress,
        Degraded: { status: "True", reason: "RolloutStuck", message },
      };
    case "RolloutFailed":
      return failed("RolloutFailed", message, settled);
    case "RollingBack":
      return failed("RolledBack", message, inProgress);
    case "RolledBack":
      return failed("RolledBack", message, settled);
    case "Failing":
    case "Unhealthy":
      return {
        ...drafts,
        Ready: { status: "False", reason: "NodesUnhealthy", message },
        Reconciling: state === "Failing" ? inProgress : settled,
        Degraded: { status: "True", reason: "NodesUnhealthy", message },
      };
  }
}

function paused(waiting: readonly string[]): string {
  if (waiting.length === 0) return "spec.paused is true: nothing is written, and no write is pending";
  return `spec.paused is true: nothing is written. Pending: ${listed(waiting, MAX_NAMED_WRITES)}`;
}

function failed(reason: "RolloutFailed" | "RolledBack", message: string, Reconciling: Draft): Drafts {
  return {
    Ready: { status: "False", reason, message },
    Reconciling,
    Stalled: settled,
    Degraded: { status: "True", reason, message },
  };
}

/** Whether something works and is probably not intended: True, with the gravest first. */
export function warningCondition(warnings: readonly { code?: string; text: string }[]): Draft {
  const [first, ...others] = warnings.toSorted((a, b) => rankOf(a) - rankOf(b));
  if (!first) return settled;
  const more = others.length > 0 ? ` (${others.length} more in status.warnings)` : "";
  const reason = WARNING_REASONS[rankOf(first)]?.[1] ?? "Unintended";
  return { status: "True", reason, message: `${first.text}${more}` };
}

/** Codes of warnings with a reason of their own, the gravest first. */
const WARNING_REASONS: readonly (readonly [code: string, reason: Reason])[] = [
  ["FOREIGN_FIELDS", "ForeignFields"],
  ["KNOWN_DEFECT", "KnownDefect"],
  ["MOVING_TAG", "MovingTag"],
];

function rankOf({ code }: { code?: string }): number {
  const rank = WARNING_REASONS.findIndex(([known]) => known === code);
  return rank === -1 ? WARNING_REASONS.length : rank;
}

/**
 * The conditions to write: in a fixed order, each with the time at which its status last changed.
 * @param now RFC 3339
 */
export function withTimes(
  drafts: Record<ConditionType, Draft>,
  previous: readonly Condition[],
  observedGeneration: number,
  now: string,
): Condition[] {
  return CONDITION_TYPES.map((type) => {
    const draft = drafts[type];
    const before = previous.find((condition) => condition.type === type);
    return {
      type,
      ...draft,
      message: draft.message.slice(0, 4096),
      observedGeneration,
      lastTransitionTime: before?.status === draft.status ? before.lastTransitionTime : now,
    };
  });
}
