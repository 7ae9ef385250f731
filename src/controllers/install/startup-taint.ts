import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { MultusPodView } from "../../diagnosis/multus-pod.ts";
import type { NodeView } from "../../diagnosis/node.ts";
import type { Result } from "../../kube/controller.ts";
import { ApiError } from "../../kube/errors.ts";
import { NODES } from "../../kube/resource.ts";
import type { ReconcileScope } from "./scope.ts";

/**
 * A daemon writes its configuration a second or two after its container has started, and has no readiness
 * probe: a pod counts after it has been Ready for so long, as with the DaemonSet's minReadySeconds.
 */
const READY_SECONDS = 5;
/** So many waiting nodes are named in the status. */
const MAX_NAMED = 20;

/**
 * Takes the startup taint from each node on which Multus is ready, and notes for the status which nodes wait
 * still. What is to be done follows from the nodes and pods alone: an operator that died in between, or that
 * another took over from, leaves no node behind.
 */
export async function releaseNodes(
  scope: ReconcileScope,
  install: MultusInstall,
  daemonSets: readonly string[],
): Promise<Result> {
  const key = install.spec.nodes.startupTaint;
  const earlier = scope.previous.startupTaint?.key;
  if (key === undefined && earlier === undefined) return {};
  const nodes = await scope.deps.nodes();
  // A key that the spec has no more waits for nobody.
  if (earlier !== undefined && earlier !== key) await removeTaint(scope, carrying(nodes, earlier), earlier);
  if (key === undefined) {
    delete scope.findings.startupTaint;
    return {};
  }
  const pods = (await scope.deps.pods(install.spec.namespace)).filter((pod) =>
    daemonSets.includes(pod.daemonSet),
  );
  const { served, nextInSeconds } = servedNodes(pods, scope.deps.now());
  const waiting = carrying(nodes, key);
  await removeTaint(
    scope,
    waiting.filter(({ name }) => served.has(name)),
    key,
  );
  const names = waiting.map(({ name }) => name).filter((name) => !served.has(name));
  scope.findings.startupTaint = {
    key,
    waitingTotal: names.length,
    ...(names.length > 0 ? { waiting: names.toSorted().slice(0, MAX_NAMED) } : {}),
  };
  return names.length > 0 && nextInSeconds !== undefined ? { requeueAfterSeconds: nextInSeconds } : {};
}

/** With Multus goes the reason to wait for it: no node keeps the taint. */
export async function releaseAllNodes(
  scope: ReconcileScope,
  install: MultusInstall | undefined,
): Promise<void> {
  for (const key of taintKeys(scope, install))
    try {
      await removeTaint(scope, carrying(await scope.deps.nodes(), key), key);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      // A right that was taken away must not make the install stay for ever.
      scope.context.log.error({ err: error, key }, "the startup taint could not be taken from the nodes");
    }
}

/** The keys of the taints that an install has, or had, nodes wait with. */
export function taintKeys(scope: ReconcileScope, install: MultusInstall | undefined): string[] {
  const keys = [install?.spec.nodes.startupTaint, scope.previous.startupTaint?.key];
  return [...new Set(keys)].filter((key) => key !== undefined);
}

export function carrying(nodes: readonly NodeView[], key: string): NodeView[] {
  return nodes.filter(({ taints }) => taints.some((taint) => taint.key === key));
}

/** The nodes whose Multus pod has been Ready for long enough, and in how many seconds the next one will have been. */
export function servedNodes(
  pods: readonly MultusPodView[],
  now: Date,
): { served: ReadonlySet<string>; nextInSeconds?: number } {
  const served = new Set<string>();
  let next: number | undefined;
  for (const { node, ready, readySince, terminating } of pods) {
    if (!ready || terminating || node === "") continue;
    const left = READY_SECONDS - (now.getTime() - Date.parse(readySince ?? "")) / 1000;
    if (left <= 0) served.add(node);
    else if (Number.isFinite(left)) next = Math.min(next ?? left, left);
  }
  return next === undefined ? { served } : { served, nextInSeconds: next };
}

async function removeTaint(scope: ReconcileScope, nodes: readonly NodeView[], key: string): Promise<void> {
  for (const { name, taints } of nodes) {
    const rest = taints.filter((taint) => taint.key !== key);
    try {
      // The test refuses the write where somebody changed the taints meanwhile: theirs must not be lost.
      await scope.deps.client.patch({ type: NODES, name }, [
        { op: "test", path: "/spec/taints", value: taints },
        { op: "replace", path: "/spec/taints", value: rest },
      ]);
      scope.context.log.info({ node: name, key }, "startup taint removed");
    } catch (error) {
      const changed = error instanceof ApiError && [404, 409, 422].includes(error.status);
      if (!changed) throw error;
      scope.context.log.info(
        { err: error, node: name, key },
        "the node's taints have changed; looked at again",
      );
    }
  }
}
