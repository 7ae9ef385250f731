import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { ApiError } from "../../../kube/errors.ts";
import {
  type ApiObject,
  CLUSTER_ROLE_BINDINGS,
  type ObjectRef,
  ROLE_BINDINGS,
  refOf,
} from "../../../kube/resource.ts";
import { isMultusDaemonSet } from "../../../render/daemon-sets.ts";
import { isDefinition } from "../../../render/definitions.ts";
import { allInOrder } from "../../shared/all-in-order.ts";
import { isOwn } from "../../shared/ownership.ts";
import { marked } from "../rollout/live-workloads.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";

/** What exists of an install's objects, in their order. */
export interface Existing {
  /** CRDs left out: they serve, whoever created it. */
  found: Map<KubeObject, ApiObject>;
  /** The objects whose creation the API server was asked for in a dry run, and why it rejects some. */
  rehearsed: ReadonlyMap<KubeObject, ApiError | undefined>;
}

/** The newest that is known of each object: by its watch, by a read, or by a dry run of its creation. */
export async function existingObjects(
  scope: ReconcileScope,
  install: MultusInstall,
  objects: readonly KubeObject[],
): Promise<Existing> {
  const rehearsed = new Map<KubeObject, ApiError | undefined>();
  const found = await allInOrder(
    objects.map(async (object): Promise<[KubeObject, ApiObject][]> => {
      const copy = scope.deps.owned.get(refOf(object));
      const live =
        !copy && isRehearsedAsNew(scope, install, object)
          ? await rehearseAsNew(scope, object, rehearsed)
          : await newest(scope, object, copy);
      return live && !isDefinition(object.metadata.name) ? [[object, live]] : [];
    }),
  );
  return { found: new Map(found.flat()), rehearsed };
}

/** Those of these objects that exist, as the API server has them. */
export async function readAll(scope: ReconcileScope, refs: readonly ObjectRef[]): Promise<ApiObject[]> {
  const { client } = scope.deps;
  const { signal } = scope.context;
  const found = await allInOrder(refs.map((ref) => client.get<ApiObject>(ref, { signal })));
  return found.filter((live) => live !== undefined);
}

/** One that is not the operator's may have been taken over since, and the watch has not shown it yet. */
async function newest(
  scope: ReconcileScope,
  object: KubeObject,
  copy: ApiObject | undefined,
): Promise<ApiObject | undefined> {
  if (isDefinition(object.metadata.name) || (copy && isOwn(copy))) return copy;
  const [live] = await readAll(scope, [refOf(object)]);
  return live;
}

/**
 * Whether an object that the watch does not show is rehearsed instead of read: one request that finds out both. Only before
 * the finalizer, when nothing of this install was created. A binding is not rehearsed before its role exists.
 */
function isRehearsedAsNew({ live }: ReconcileScope, { spec }: MultusInstall, { kind }: KubeObject): boolean {
  const isHeld = live.metadata.finalizers?.includes(FINALIZER) ?? false;
  return (
    !isHeld &&
    !spec.paused &&
    ![CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS].some((binding) => binding.kind === kind)
  );
}

/** Returns the object if it exists all the same. What rejects it is reported in its turn. */
async function rehearseAsNew(
  { deps, context }: ReconcileScope,
  object: KubeObject,
  rehearsed: Map<KubeObject, ApiError | undefined>,
): Promise<ApiObject | undefined> {
  try {
    const wanted = isMultusDaemonSet(object) ? marked(object) : object;
    const live = await deps.applier.rehearseCreation(wanted, context.signal);
    if (!live) rehearsed.set(object, undefined);
    return live;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    rehearsed.set(object, error);
    return undefined;
  }
}
