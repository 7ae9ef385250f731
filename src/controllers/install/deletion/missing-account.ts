import type { KubeObject } from "../../../crds/kube-object.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../../crds/multus-install/multus-install.ts";
import { ApiError, NotSynced } from "../../../kube/errors.ts";
import { type ApiObject, describe, type ObjectRef, refOf, SERVICE_ACCOUNTS } from "../../../kube/resource.ts";
import { ForeignObject } from "../../shared/errors.ts";
import { hasFinalizer } from "../actions/finalizer.ts";
import type { ReconcileScope } from "../scope.ts";

/**
 * The account of what an install renders, if it does not exist. An operator that died after it had deleted the account
 * does not know that the nodes are clean, and it may have been deleted outside the operator before that. "Released" if the
 * MultusInstall was released by now: whoever did that has deleted the account, and it must not come back. That is read last,
 * so that only the creation follows.
 */
export async function missingAccount(
  scope: ReconcileScope,
  rendered: readonly KubeObject[],
): Promise<KubeObject | "Released" | undefined> {
  const account = rendered.find(({ kind }) => kind === SERVICE_ACCOUNTS.kind);
  if (!account || (await scope.deps.client.get<ApiObject>(refOf(account)))) return undefined;
  await watched(scope, refOf(account));
  return (await hasFinalizer(scope)) ? account : "Released";
}

/** Without the watch the creation fails, which ends no deletion. */
async function watched({ deps, context }: ReconcileScope, ref: ObjectRef): Promise<void> {
  try {
    await deps.owned.watch([ref], context.signal);
  } catch (error) {
    if (!(error instanceof NotSynced) || context.signal.aborted) throw error;
  }
}

/**
 * Creates the account again, as a dependent of the MultusInstall: should another leader release that at this very moment,
 * the garbage collector removes the account. If the creation is not possible, such as in a namespace that is being deleted,
 * the deletion goes on: the pods that clean nodes then fail with the reason, and spec.uninstall.timeout ends it.
 */
export async function createAccount(
  { deps, context, live }: ReconcileScope,
  account: KubeObject,
): Promise<void> {
  const ref = refOf(account);
  const { name, uid } = live.metadata;
  const owner = { apiVersion: MULTUS_INSTALL_API_VERSION, kind: MULTUS_INSTALL.kind, name, uid };
  const dependent = { ...account, metadata: { ...account.metadata, ownerReferences: [owner] } };
  try {
    if (await deps.applier.apply(dependent, context.signal))
      context.log.info({ applied: describe(ref) }, "created again, for the pods that clean nodes");
  } catch (err) {
    if (!(err instanceof ApiError || err instanceof NotSynced || err instanceof ForeignObject)) throw err;
    if (context.signal.aborted) throw err;
    context.log.warn({ err, account: describe(ref) }, "not created again, for the pods that clean nodes");
  }
}
