import type { ApiObject } from "../../../src/kube/resource.ts";
import { differences, type EndState, endState } from "../end-state.ts";
import type { Oracle, PlanEvidence, Reference } from "../evidence.ts";
import { type Change, type State, states } from "../timeline.ts";

const INSTALL = "MultusInstall multus";
/** How many false statuses may follow a change by others: one may already be under way. */
const MOST_UNSEEN = 1;
/** So long may a status stay behind the truth, ms. */
const MOST_STANDING_MS = 20_000;

interface Install {
  spec: unknown;
  metadata: { generation?: number; deletionTimestamp?: string };
  status?: {
    conditions?: {
      type: string;
      status: string;
      reason: string;
      message: string;
      observedGeneration: number;
    }[];
  };
}

/** Ready=True about the newest spec. */
export function isReady(install: object | undefined): boolean {
  const { metadata, status } = (install ?? { metadata: {} }) as Install;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return (
    ready?.status === "True" &&
    ready.observedGeneration === metadata.generation &&
    metadata.deletionTimestamp === undefined
  );
}

/**
 * The status never lies: whenever Ready=True with the current generation is written, the objects are those of the spec,
 * every node runs the newest pod, and each was inspected since. And it does not stand for long when that has changed.
 */
export const neverLies: Oracle = (run, reference) => {
  const found = new Set<string>();
  const mostUnseen = run.isTampered ? MOST_UNSEEN : 0;
  let unseen = 0;
  let untrueSince: number | undefined;
  let untrue: string[] = [];
  let lastStatus: string | undefined;
  let last: { change: Change; ready: boolean } | undefined;
  for (const { change, state } of states(run.timeline)) {
    const install = state.get(INSTALL);
    const ready = isReady(install);
    if (last?.ready && untrueSince !== undefined && change.at - untrueSince > MOST_STANDING_MS)
      for (const what of untrue) found.add(`Ready=True stayed although ${what}`);
    untrue = ready || change.key.startsWith("DaemonSet") ? whatIsUntrue(state, run, reference) : untrue;
    untrueSince = untrue.length === 0 ? undefined : (untrueSince ?? change.at);
    if (untrueSince === undefined) unseen = 0;
    const status = JSON.stringify((install as Install | undefined)?.status ?? {});
    const isWritten = change.key === INSTALL && status !== lastStatus;
    if (change.key === INSTALL) lastStatus = status;
    if (isWritten && ready && untrueSince !== undefined && ++unseen > mostUnseen)
      for (const what of untrue) found.add(`Ready=True was written although ${what}`);
    if (isWritten && ready && last?.ready === false)
      for (const node of notInspected(run, state, change.revision))
        found.add(`Ready=True was written before ${node} was inspected`);
    last = { change, ready };
  }
  return [...found];
};

/** What of the objects is not as the spec wants it; nothing for a spec that the reference does not end or begin with. */
function whatIsUntrue(state: State, run: PlanEvidence, reference: Reference): string[] {
  const install = state.get(INSTALL);
  if (!install) return [];
  const wanted = [reference.end, reference.start].find(
    (candidate) => JSON.stringify(specOf(candidate)) === JSON.stringify(install.spec),
  );
  if (!wanted) return [];
  const found = endState(state);
  return [...wantedObjects(wanted)].flatMap(([key, expected]) => {
    const live = found[key];
    if (live === undefined) return [`${key} is missing`];
    const different = differences(contentOf(expected), contentOf(live), key);
    return key.startsWith("DaemonSet") || !run.isTampered ? different.slice(0, 2) : different.slice(0, 1);
  });
}

/** Roles and bindings may have more than the spec needs until the last pod of the previous Multus is gone. */
function wantedObjects(wanted: EndState): [string, unknown][] {
  return Object.entries(wanted).filter(
    ([key]) => /^(DaemonSet|ConfigMap|ServiceAccount) /.test(key) && !key.endsWith("/multus-last-complete"),
  );
}

function contentOf(object: unknown): unknown {
  const { spec, data, status } = object as { spec?: unknown; data?: unknown; status?: unknown };
  return { spec, data, status };
}

function specOf(state: EndState): unknown {
  return (state[INSTALL] as { spec?: unknown } | undefined)?.spec;
}

/**
 * Nodes whose pod of Multus was started during the run, and that no inspection has seen since. One of which the inspection
 * failed is named by a warning: the rollout does not wait for it.
 */
function notInspected(run: PlanEvidence, state: State, revision: number): string[] {
  if (!run.tasks.some(({ kind }) => kind === "inspect")) return [];
  const born = new Map<string, number>();
  const { start, changes } = run.timeline;
  // An observer that has lost its history notes again what was there before.
  const isNew = (key: string, object: ApiObject | undefined) =>
    start.get(key)?.metadata.uid !== object?.metadata.uid || !start.has(key);
  for (const { key, object, revision: at } of changes)
    if (isMultus(object) && key.startsWith("Pod ") && isNew(key, object) && !born.has(key)) born.set(key, at);
  const inspected = new Map<string, number>();
  for (const { kind, node, revision: at, message } of run.answers)
    if (kind === "inspect" && at < revision && inspectedNode(message) === node) inspected.set(node, at);
  const { warnings = [] } = (state.get(INSTALL)?.status ?? {}) as { warnings?: string[] };
  return [...state].flatMap(([key, object]) => {
    const [since, node] = [born.get(key), nodeOf(object)];
    const isSeen = since === undefined || (inspected.get(node) ?? 0) >= since;
    return isMultus(object) && !isSeen && !warnings.some((warning) => warning.includes(node)) ? [node] : [];
  });
}

function isMultus(object: ApiObject | undefined): boolean {
  return object?.metadata.labels?.name === "multus";
}

/** The node that a task's answer is about; undefined if there is no answer. */
function inspectedNode(message: string): string | undefined {
  return message === "" ? undefined : (JSON.parse(message) as { node?: string }).node;
}

function nodeOf({ spec }: { [field: string]: unknown }): string {
  return (spec as { nodeName?: string } | undefined)?.nodeName ?? "";
}

/** A list that is held back for long is named by the status, under the reason Syncing. */
export const namesWhatIsUnknown: Oracle = ({ heldBack, timeline }) => {
  if (heldBack === undefined) return [];
  const messages = timeline.changes.flatMap(({ object }) => {
    const reconciling = (object as Install | undefined)?.status?.conditions?.find(
      ({ type }) => type === "Reconciling",
    );
    return reconciling?.reason === "Syncing" ? [reconciling.message] : [];
  });
  return messages.some((message) => message.includes(heldBack))
    ? []
    : [
        `no status named ${heldBack} while it was held back: ${[...new Set(messages)].join("; ") || "no Syncing"}`,
      ];
};
