import { type ApiObject, describe, type ObjectRef, refOf } from "../../kube/resource.ts";

/** An object exists that the operator neither created nor adopted. It is not written to. */
export class ForeignObject extends Error {
  override readonly name = "ForeignObject";
  readonly code = "FOREIGN_OBJECT";
  readonly live: ApiObject;

  constructor(live: ApiObject) {
    super(`${describe(refOf(live))} already exists, and the operator did not create it`);
    this.live = live;
  }
}

/** An object was deleted and created again each time it was about to be written. The next reconcile tries again. */
export class ObjectReplaced extends Error {
  override readonly name = "ObjectReplaced";
  readonly code = "OBJECT_REPLACED";
  readonly ref: ObjectRef;

  constructor(ref: ObjectRef, attempts: number) {
    super(
      `${describe(ref)} was deleted and created again outside the operator during each of ${attempts} attempts to apply it; find what deletes it`,
    );
    this.ref = ref;
  }
}

/** Certificates per node are on, and the operator's role is not made for it. */
export class MayNotApprove extends Error {
  override readonly name = "MayNotApprove";
  readonly code = "MAY_NOT_APPROVE";

  constructor(missing: string) {
    super(
      `spec.daemon.perNodeCertificate: the operator may not ${missing}, so no daemon would get its certificate; set the chart's value perNodeCertificates.approve to true (docs/guides/configure.md), or enabled to false`,
    );
  }
}
