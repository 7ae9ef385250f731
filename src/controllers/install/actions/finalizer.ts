import { MULTUS_INSTALL } from "../../../crds/multus-install/multus-install.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";

/** Adds the finalizer to the object as the reconcile saw it; a newer one is rejected (409). */
export async function addFinalizer({ live, last, deps }: ReconcileScope): Promise<void> {
  const { name, finalizers = [], resourceVersion } = live.metadata;
  const answer = await deps.client.patch<ApiObject>(
    { type: MULTUS_INSTALL, name },
    { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } },
  );
  deps.installs.wrote(answer);
  last.install = answer;
}

/** From here on the API server removes the object. Read again: the status may just have been written. */
export async function removeFinalizer({ live, deps }: ReconcileScope): Promise<void> {
  const ref = { type: MULTUS_INSTALL, name: live.metadata.name };
  const found = await deps.client.get<ApiObject>(ref);
  if (!found || found.metadata.uid !== live.metadata.uid) return;
  const { finalizers = [], resourceVersion } = found.metadata;
  await deps.client.patch(ref, {
    metadata: { resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) },
  });
}

/**
 * Whether the object still has the finalizer. Asked of the API server: a copy from before its removal would have
 * everything done again, without the account that it needs.
 */
export async function hasFinalizer({ live, deps, context }: ReconcileScope): Promise<boolean> {
  const { name, uid } = live.metadata;
  if (!live.metadata.finalizers?.includes(FINALIZER)) return false;
  const now = await deps.client.get<ApiObject>({ type: MULTUS_INSTALL, name }, { signal: context.signal });
  return now?.metadata.uid === uid && (now?.metadata.finalizers?.includes(FINALIZER) ?? false);
}
