import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import { CLUSTER_ROLE_BINDINGS } from "../../kube/resource.ts";
import { hasCertificates } from "../../multus/daemon-config.ts";
import { MULTUS_GROUP } from "../../render/access.ts";
import { MayNotApprove } from "../certificates/rights.ts";
import { groupsOf } from "./rollout/subjects.ts";
import type { ReconcileScope } from "./scope.ts";

/**
 * Has the certificates of an install's daemons approved: while its spec has them on, and after that as long as
 * daemons from before need them, which the binding of Multus' role tells. Throws a MayNotApprove, before anything
 * is written, where the spec has them on and the operator may not approve: a daemon without a certificate serves
 * no pod of its node.
 */
export async function approveCertificates(scope: ReconcileScope, install: MultusInstall): Promise<void> {
  const { certificates, owned } = scope.deps;
  const { namespace } = install.spec;
  const isWanted = hasCertificates(install.spec);
  const binding = owned.get({ type: CLUSTER_ROLE_BINDINGS, name: "multus" });
  if (!isWanted && !groupsOf(binding?.subjects).includes(MULTUS_GROUP)) {
    certificates.serve(undefined);
    return;
  }
  try {
    await certificates.rights.assertHeld(scope.context.signal);
    certificates.serve(namespace);
  } catch (error) {
    if (!(error instanceof MayNotApprove)) throw error;
    certificates.serve(undefined);
    if (isWanted) throw error;
    scope.context.log.warn({ err: error }, "daemons from before get no new certificates");
  }
}
