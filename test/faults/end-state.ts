import type { ApiObject } from "../../src/kube/resource.ts";
import type { State } from "./timeline.ts";

/** What of a cluster must be the same after a plan as after the run without a fault. */
export type EndState = Record<string, unknown>;

/** What the engine itself puts on objects, to see whether it stays. */
const FOREIGN = "example.com/";

/** Objects by name, without the values that differ in each run. The status of the DaemonSet stands for its pods. */
export function endState(state: State): EndState {
  const kept = [...state].filter(([, { kind }]) => kind !== "Pod" && kind !== "ControllerRevision");
  return Object.fromEntries(
    kept.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, object]) => [key, lasting(object)]),
  );
}

function lasting(object: ApiObject): unknown {
  const { metadata, status, ...rest } = object;
  const { labels, finalizers, ownerReferences, name, namespace, deletionTimestamp } = metadata;
  const kept = {
    ...{ name, namespace, labels, ownerReferences },
    finalizers: finalizers?.filter((finalizer) => !finalizer.startsWith(FOREIGN)),
    annotations: annotationsOf(metadata.annotations),
    isEnding: deletionTimestamp !== undefined,
  };
  return JSON.parse(
    JSON.stringify({ ...rest, metadata: kept, ...statusOf(object.kind, metadata.generation, status) }),
  );
}

/** Those that count rollouts, and the engine's own, differ. */
function annotationsOf(annotations: Record<string, string> = {}): Record<string, string> {
  const own = ["deprecated.daemonset.template.generation", "nudged"];
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => !own.includes(name) && !name.startsWith(FOREIGN)),
  );
}

interface Status {
  conditions?: { type: string; status: string; reason: string; observedGeneration: number }[];
  inventory?: { kind: string; name: string }[];
  [field: string]: unknown;
}

function statusOf(kind: string, generation: number | undefined, found: unknown): object {
  const status = (found ?? {}) as Status;
  if (kind === "DaemonSet") {
    const { desiredNumberScheduled, updatedNumberScheduled, numberAvailable, numberMisscheduled } = status;
    return {
      status: { desiredNumberScheduled, updatedNumberScheduled, numberAvailable, numberMisscheduled },
    };
  }
  if (kind === "MultusInstall") {
    const conditions = status.conditions?.map(
      ({ type, status: value, reason }) => `${type}=${value} ${reason}`,
    );
    const inventory = status.inventory?.map(({ kind: of, name }) => `${of} ${name}`);
    const isCurrent = status.conditions?.every(({ observedGeneration }) => observedGeneration === generation);
    return { status: { isCurrent, conditions: conditions?.toSorted(), inventory: inventory?.toSorted() } };
  }
  return {};
}

/** "DaemonSet kube-system/x: spec.template: expected …, found …" for each field that differs, at most ten. */
export function differences(expected: unknown, found: unknown, path = ""): string[] {
  if (Object.is(expected, found)) return [];
  if (isRecord(expected) && isRecord(found)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
    return names
      .flatMap((name) => differences(expected[name], found[name], path ? `${path}.${name}` : name))
      .slice(0, 10);
  }
  if (JSON.stringify(expected) === JSON.stringify(found)) return [];
  return [`${path}: expected ${short(expected)}, found ${short(found)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
