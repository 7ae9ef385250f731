import { type ApiObject, describe, type ObjectRef, refOf } from "../../../kube/resource.ts";
import type { LiveObjects } from "../../shared/applier.ts";
import { isAsNew } from "../../shared/newest-copies.ts";
import { NotObserved } from "./errors.ts";

/**
 * The copies at this moment: a watch goes on meanwhile, and a decision must not see two states of one object.
 * Its `get` throws a NotObserved for an object that is not among `refs` and `newer`: that one is unknown, not absent.
 * @param newer objects that were read from the API server since
 */
export function snapshot(
  live: LiveObjects,
  refs: readonly ObjectRef[],
  newer: readonly ApiObject[],
): LiveObjects {
  const copies = new Map(refs.map((ref) => [describe(ref), live.get(ref)]));
  for (const object of newer) {
    const copy = copies.get(describe(refOf(object)));
    if (!copy || !isAsNew(copy, object)) copies.set(describe(refOf(object)), object);
  }
  return {
    get(ref) {
      if (!copies.has(describe(ref))) throw new NotObserved(ref);
      return copies.get(describe(ref));
    },
  };
}
