import type { KubeObject } from "../../../crds/kube-object.ts";
import { ApiError, NotSynced } from "../../../kube/errors.ts";
import { type ApiObject, describe, refOf, SERVICE_ACCOUNTS } from "../../../kube/resource.ts";
import { ForeignObject } from "../../shared/errors.ts";
import type { ReconcileScope } from "../scope.ts";

/**
 * The account of what an install renders, if it does not exist. An operator that died after it had deleted the account
 * does not know that the nodes are clean, and it may have been deleted outside the operator before that.
 */
export async function missingAccount(
  { deps }: ReconcileScope,
  rendered: readonly KubeObject[],
): Promise<KubeObject | undefined> {
  const account = rendered.find(({ kind }) => kind === SERVICE_ACCOUNTS.kind);
  return account && !(await deps.client.get<ApiObject>(refOf(account))) ? account : undefined;
}

/**
 * Creates the account again. If that is not possible, such as in a namespace that is being deleted, the deletion goes on:
 * the pods that clean nodes then fail with the reason, and spec.uninstall.timeout ends it.
 */
export async function createAccount({ deps, context }: ReconcileScope, account: KubeObject): Promise<void> {
  const ref = refOf(account);
  try {
    await deps.owned.watch([ref], context.signal);
    if (await deps.applier.apply(account, context.signal))
      context.log.info({ applied: describe(ref) }, "created again, for the pods that clean nodes");
  } catch (err) {
    if (!(err instanceof ApiError || err instanceof NotSynced || err instanceof ForeignObject)) throw err;
    if (context.signal.aborted) throw err;
    context.log.warn({ err, account: describe(ref) }, "not created again, for the pods that clean nodes");
  }
}
