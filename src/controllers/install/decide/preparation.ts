import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { CLUSTER_ROLE_BINDINGS } from "../../../kube/resource.ts";
import { hasCertificates } from "../../../multus/daemon-config.ts";
import { MULTUS_GROUP } from "../../../render/access.ts";
import type { Action } from "../actions/actions.ts";
import { InvalidSpec, ProbeNetworkMissing } from "../errors.ts";
import { entryKey, entryOf } from "../inventory/inventory.ts";
import type { Observed } from "../observe/observe.ts";
import { asApplied } from "../rollout/as-applied.ts";
import { groupsOf } from "../rollout/subjects.ts";
import { FINALIZER } from "../scope.ts";

/**
 * The certificates of an install's daemons are approved while its spec has them on, and after that as long as previous
 * daemons need them, which the binding of Multus' role shows. First, because a missing right names the chart's value: a
 * rehearsal without it is rejected in the API server's words.
 */
export function certificates({ spec }: MultusInstall, { owned }: Observed): Action {
  const required = hasCertificates(spec);
  const binding = owned.get({ type: CLUSTER_ROLE_BINDINGS, name: "multus" });
  const isNeeded = required || groupsOf(binding?.subjects).includes(MULTUS_GROUP);
  return { kind: "ServeCertificates", namespace: isNeeded ? spec.namespace : undefined, required };
}

/**
 * Before anything is written, the API server accepts every object in a dry run: an install of which one object is
 * rejected (a namespace that does not exist, a webhook, a missing right) leaves nothing half done, and without a
 * finalizer it can be deleted at once. Once for each generation of the spec, and again until it succeeds. What the adoption
 * has rehearsed already is not rehearsed again, and here it rejects what the API server rejected then.
 */
export function rehearsal(
  objects: readonly KubeObject[],
  { live, previous, inventory, adoption }: Observed,
): Action[] {
  const known = new Set(inventory.map(entryKey));
  const stalled = previous.conditions?.find(({ type }) => type === "Stalled");
  const isRehearsed =
    (live.metadata.finalizers?.includes(FINALIZER) ?? false) &&
    previous.observedGeneration === live.metadata.generation &&
    stalled?.status !== "True" &&
    objects.every((object) => known.has(entryKey(entryOf(object))));
  if (isRehearsed) return [];
  const rejected = objects
    .map((object) => adoption.rehearsed.get(object))
    .find((error) => error !== undefined);
  if (rejected) return [{ kind: "Reject", error: rejected }];
  const others = objects.filter((object) => !adoption.rehearsed.has(object));
  return [{ kind: "Rehearse", objects: others.map((object) => asApplied(object, adoption)) }];
}

/** What keeps a canary from beginning, by a change or by a network that is missing. */
export function rejections(
  { gate, missingProbeNetwork: missing }: Observed,
  { spec }: MultusInstall,
): Action[] {
  if (gate.kind === "Rejected") return [{ kind: "Reject", error: new InvalidSpec(gate.message) }];
  if (missing === undefined) return [];
  const message = `spec.rollout.canary.probe: there is no NetworkAttachmentDefinition ${missing}, and the rollout has not begun: create it in namespace ${spec.namespace}, or name one that exists there`;
  return [{ kind: "Reject", error: new ProbeNetworkMissing(message) }];
}

/** The finalizer, before anything is created: without it a deletion would leave that behind. */
export function finalizer({ live }: Observed): Action[] {
  return live.metadata.finalizers?.includes(FINALIZER) ? [] : [{ kind: "AddFinalizer" }];
}
