import type { ApiObject } from "../../src/kube/resource.ts";

/**
 * What happened to the objects of a cluster, in the one order that etcd gave it: resource versions of all kinds are
 * revisions of one store. The observer's watches of several kinds arrive at different moments; by revision they are one
 * history.
 */

/** "DaemonSet kube-system/kube-multus-ds". */
export type Key = string;

export interface Change {
  revision: number;
  key: Key;
  /** Undefined: it was deleted. */
  object: ApiObject | undefined;
  /** When the observer saw it, ms. */
  at: number;
  /** The revision since which states of the object may be missing: an API server that was restarted shows the last one only. */
  unseenSince?: number;
}

export type State = ReadonlyMap<Key, ApiObject>;

export interface Timeline {
  /** The state before the first change. */
  start: State;
  changes: readonly Change[];
}

export function inOrder(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => a.revision - b.revision);
}

/** The state after each change, in order. The map is the same one each time, and changes with the next step. */
export function* states({ start, changes }: Timeline): Generator<{ change: Change; state: State }> {
  const state = new Map(start);
  for (const change of inOrder(changes)) {
    if (change.object) state.set(change.key, change.object);
    else state.delete(change.key);
    yield { change, state };
  }
}

/** Whether the state of an object at a revision was not seen, and is not that of the last change before. */
export function isUnseen({ changes }: Timeline, key: Key, revision: number): boolean {
  return changes.some(
    (change) =>
      change.key === key &&
      change.unseenSince !== undefined &&
      revision > change.unseenSince &&
      revision < change.revision,
  );
}

/** The state after the last change. */
export function lastState({ start, changes }: Timeline): State {
  const state = new Map(start);
  for (const { key, object } of inOrder(changes)) {
    if (object) state.set(key, object);
    else state.delete(key);
  }
  return state;
}
