import { isDeepStrictEqual } from "node:util";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { refOf } from "../../../kube/resource.ts";
import { multusSubjects } from "../../../render/access.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import type { Action } from "../actions/actions.ts";
import type { Observed } from "../observe/observe.ts";
import { allowsAll } from "../rollout/retained-rights.ts";
import { withPrevious } from "../rollout/subjects.ts";

/** The name of its role and of the binding. */
const MULTUS = "multus";

/** Applies the objects around the DaemonSets. Pods of the previous Multus keep their rights until they are gone. */
export function objectActions(
  install: MultusInstall,
  objects: readonly KubeObject[],
  observed: Observed,
): Action[] {
  const { workloads, owned } = observed;
  const isUnderWay =
    workloads.guard !== undefined ||
    workloads.obsolete.length > 0 ||
    workloads.live.some(({ upToDate }) => !upToDate);
  /** A role only grows meanwhile. */
  const isRetained = (role: KubeObject | undefined) => {
    const live = role && owned.get(refOf(role));
    return isUnderWay && allowsAll(live?.rules, role?.rules) && !isDeepStrictEqual(live?.rules, role?.rules);
  };
  const isRoleRetained = isRetained(objects.find(isRole));
  return objects.flatMap((object): Action[] => {
    if (isMultusDaemonSet(object)) return []; // the rollout applies them
    const live = owned.get(refOf(object));
    if (isRole(object) && isRoleRetained) return [];
    // Service accounts, or a certificate's group: whoever the previous pods are to the API server.
    const subjects = isBinding(object)
      ? { subjects: withPrevious(live?.subjects, object.subjects, multusSubjects(install)) }
      : {};
    // Whoever writes a binding needs all that its role allows, and one that was made by hand may allow more: what binds
    // all subjects already stays as it is until the role is applied.
    if (isBinding(object) && isRoleRetained && isDeepStrictEqual(live?.subjects, subjects.subjects))
      return [];
    return [{ kind: "Apply", object: { ...object, ...subjects }, adopt: install.spec.adopt }];
  });
}

/** Whether an object grants Multus its role. */
export function isBinding({ kind, metadata }: KubeObject): boolean {
  return kind === "ClusterRoleBinding" && metadata.name === MULTUS;
}

/** Whether an object is the role of Multus. */
function isRole({ kind, metadata }: KubeObject): boolean {
  return kind === "ClusterRole" && metadata.name === MULTUS;
}
