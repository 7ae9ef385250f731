import { MANAGED_BY } from "../../../src/render/labels.ts";
import { GUARD } from "../../../src/render/rollout-guard.ts";
import type { Oracle, PlanEvidence } from "../evidence.ts";
import { isUnseen, states } from "../timeline.ts";

const INSTALL = "MultusInstall multus";
const MULTUS = "DaemonSet kube-system/kube-multus-ds";
const PROBE = "multus-probe";
const FINALIZER = /multus-operator/;

/** Whatever the operator has made is in the inventory of an install that is not released before it is gone. */
export const accountsForItsObjects: Oracle = (run) => {
  if (run.isTampered) return [];
  const found = new Set<string>();
  for (const { change, state } of states(run.timeline)) {
    if (isUnseen(run.timeline, INSTALL, change.revision)) continue;
    const install = state.get(INSTALL);
    const { inventory = [] } = (install?.status ?? {}) as { inventory?: { kind: string; name: string }[] };
    const known = new Set(inventory.map(({ kind, name }) => `${kind} ${name}`));
    const isHeld = install?.metadata.finalizers?.some((finalizer) => FINALIZER.test(finalizer));
    for (const [key, object] of state) {
      if (!/^(DaemonSet|ConfigMap|ServiceAccount|ClusterRole|ClusterRoleBinding) /.test(key)) continue;
      if (object.metadata.labels?.[MANAGED_BY] !== "multus-operator" || object.metadata.deletionTimestamp)
        continue;
      if (!isHeld) found.add(`${key} was there without a MultusInstall that has the finalizer`);
      else if (!known.has(`${object.kind} ${object.metadata.name}`))
        found.add(`${key} was not in the inventory`);
    }
  }
  return [...found];
};

/** A MultusInstall goes only after every node on which Multus ran was cleaned, since the deletion began. */
export const cleansEveryNode: Oracle = (run, reference) => {
  const nodes = new Set(reference.tasks.filter(({ kind }) => kind === "clean").map(({ node }) => node));
  const isDeletion = reference.end[INSTALL] === undefined && reference.start[INSTALL] !== undefined;
  if (!isDeletion) return [];
  const gone = run.timeline.changes.find(({ key, object }) => key === INSTALL && object === undefined);
  if (!gone) return [];
  const cleaned = new Set(
    run.answers
      .filter(({ kind, message }) => kind === "clean" && message.includes('"problems":[]'))
      .filter(({ revision }) => revision < gone.revision)
      .map(({ node }) => node),
  );
  return [...nodes].filter((node) => !cleaned.has(node)).map((node) => `${node} was not cleaned`);
};

const multusOf = ({ name }: { name: string }) => name === "multus";

/**
 * Every node gets the new Multus, and none gets it more often than without a fault. If the template changes again during
 * the rollout, chance decides which nodes get both, even without a fault: each change starts a pod at most once then.
 */
export const restartsNoPodNeedlessly: Oracle = (run, reference) => {
  const rollouts = templates(reference).get(MULTUS) ?? 0;
  const count = (of: readonly { name: string; node: string }[], node: string) =>
    of.filter((pod) => multusOf(pod) && pod.node === node).length;
  const nodes = new Set([...run.started, ...reference.started].map(({ node }) => node));
  return [...nodes].flatMap((node) => {
    const [found, expected] = [count(run.started, node), count(reference.started, node)];
    if (found < expected && rollouts < 2 && run.restAt !== undefined)
      return [`${node} was skipped: ${found} of ${expected} pods of Multus`];
    return found > Math.max(expected, rollouts) && !run.isTampered
      ? [`${found} pods of Multus were started on ${node}, not ${expected}`]
      : [];
  });
};

/** The template of a DaemonSet changes no more often than without a fault: each change restarts all pods. */
export const changesNoTemplateNeedlessly: Oracle = (run, reference) => {
  if (run.isTampered) return [];
  const expected = templates(reference);
  return [...templates(run)].flatMap(([key, count]) =>
    count > (expected.get(key) ?? 0) ? [`${key} had ${count} templates, not ${expected.get(key) ?? 0}`] : [],
  );
};

function templates({ timeline }: Pick<PlanEvidence, "timeline">): Map<string, number> {
  const last = new Map([...timeline.start].map(([key, object]) => [key, templateOf(object)]));
  const counts = new Map<string, number>();
  for (const { change } of states(timeline)) {
    // A guard that is created again restarts no pod of Multus.
    if (!change.key.startsWith("DaemonSet ") || change.key.endsWith(GUARD) || !change.object) continue;
    const template = templateOf(change.object);
    if (last.get(change.key) !== template) counts.set(change.key, (counts.get(change.key) ?? 0) + 1);
    last.set(change.key, template);
  }
  return counts;
}

function templateOf({ spec }: { [field: string]: unknown }): string {
  return JSON.stringify((spec as { template?: unknown } | undefined)?.template);
}

/** If Multus takes its configuration along when it ends, the guard is on the node before that. */
export const guardsNodes: Oracle = (run, reference) => {
  const isGuarded = reference.ended.filter(multusOf).every(({ next }) => next.includes(GUARD));
  if (!isGuarded || run.isTampered) return [];
  return run.ended
    .filter((pod) => multusOf(pod) && !pod.next.includes(GUARD))
    .map(({ node }) => `Multus ended on ${node} without a guard`);
};

/** A canary's node gets the new Multus first, then the probe runs there, and then come the others. */
export const probesBeforeTheOthers: Oracle = (run, reference) => {
  const order = ({ started }: Pick<PlanEvidence, "started">) => {
    const names = started.map(({ name }) => name).filter((name) => name === "multus" || name === PROBE);
    // A copy of the status from before a probe may have it done once more.
    return names.filter((name, index) => name !== PROBE || names[index - 1] !== name).join(", ");
  };
  if (!reference.started.some(({ name }) => name === PROBE) || run.isTampered) return [];
  return order(run) === order(reference)
    ? []
    : [`started in the order ${order(run)}, not ${order(reference)}`];
};

/** What others put on the operator's objects is still there. */
export const keepsForeignFields: Oracle = ({ isForeignKept }) =>
  isForeignKept === false ? ["what another field manager had set is gone"] : [];
