import { MayNotApprove } from "../../shared/errors.ts";
import type { ReconcileScope } from "../scope.ts";
import type { Action } from "./actions.ts";

/**
 * Has the certificates of the daemons in a namespace approved. Throws a MayNotApprove if they are required and the
 * operator may not approve: a daemon without a certificate serves no pod of its node.
 */
export async function serveCertificates(
  { deps: { certificates }, context }: ReconcileScope,
  { namespace, required }: Action & { kind: "ServeCertificates" },
): Promise<void> {
  if (namespace === undefined) {
    certificates.serve(undefined);
    return;
  }
  try {
    await certificates.assertMayApprove(context.signal);
    certificates.serve(namespace);
  } catch (error) {
    if (!(error instanceof MayNotApprove)) throw error;
    certificates.serve(undefined);
    if (required) throw error;
    context.log.warn({ err: error }, "daemons from before get no new certificates");
  }
}
