import { describe, type ObjectRef } from "../../../kube/resource.ts";

/** A decision asks for an object that its reconcile did not observe: a mistake in the program. */
export class NotObserved extends Error {
  override readonly name = "NotObserved";
  readonly code = "NOT_OBSERVED";

  constructor(ref: ObjectRef) {
    super(`${describe(ref)} was not observed`);
  }
}
