import { isDeepStrictEqual } from "node:util";
import { entryKey } from "../../src/controllers/install/inventory/inventory.ts";
import type { Distribution } from "../../src/crds/multus-install/distribution.ts";
import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import type { MultusInstallSpec } from "../../src/crds/multus-install/spec.ts";
import type { InventoryEntry, MultusInstallStatus } from "../../src/crds/multus-install/status.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { NAMESPACES, NODES, pathOf } from "../../src/kube/resource.ts";
import { previousDirectories } from "../../src/multus/previous-directories.ts";
import { POOL_DEFINITIONS } from "../../src/render/definitions.ts";
import { RenderError } from "../../src/render/errors.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { differences } from "../integration/equivalence.ts";
import type { Found } from "./cluster-state.ts";
import { type Fresh, freshObjects } from "./fresh-objects.ts";
import { conditionOf, HollowCluster, isReady } from "./hollow-cluster.ts";
import { type Contents, OwnedObjectsObserver } from "./owned-objects.ts";
import type { Change, Refusal } from "./spec-space-cases.ts";
import { applied, type Spec } from "./spec-space-spec.ts";

/** At which point of a plan something was not as it should be. */
export type Stage = "refused" | "changed" | "fresh" | "rolled back" | "reported";

export interface Violation {
  stage: Stage;
  text: string;
}

/** What became of one plan. */
export interface Verdict {
  id: string;
  paths: readonly string[];
  kind: "changed" | "refused";
  /** How the install ended with the changed spec: Ready, or the reason of the condition. */
  outcome: string;
  violations: Violation[];
}

/** One: what is tried is where a spec leads to, and not the way there. */
const NODE_COUNT = 1;
/** A probe's network: hollow nodes attach every pod that requests one to it. */
const NETWORK = "kube-system/net";
/** Room for the largest request that a spec may have. */
const ROOM = { cpu: "64", memory: "256Gi", pods: "100" };
/** How long what is left of the last spec may stay once the status shows the next one as done, ms. */
const TIDY_MS = 15_000;
const SETTLE_MS = 60_000;
const SHOWN = 5;

/** A cluster of its own with hollow nodes and an operator, on which one plan after the other is carried out. */
export class Lane implements AsyncDisposable {
  readonly #cluster: HollowCluster;
  readonly #observer: OwnedObjectsObserver;
  readonly #fresh = new Map<string, Fresh | RenderError>();
  #operator: InstallOperator | undefined;
  #distribution: Distribution | undefined;
  /** What the install is, if a fresh install of it was compared with what is expected of one. */
  #base: { key: string; fresh: Fresh; status: unknown } | undefined;
  /** What was last applied to the MultusInstall that is there. */
  #applied: Spec | undefined;
  /** What the MultusInstall that is there has been asked for, one after the other. */
  #specs: MultusInstallSpec[] = [];

  private constructor(cluster: HollowCluster, observer: OwnedObjectsObserver) {
    this.#cluster = cluster;
    this.#observer = observer;
  }

  static async start(): Promise<Lane> {
    const cluster = await HollowCluster.start(NODE_COUNT);
    cluster.nodes.network = NETWORK;
    const nodes = await cluster.client.list(NODES);
    for (const { metadata } of nodes.items)
      await cluster.client.patch(
        { type: NODES, name: metadata.name },
        { status: { allocatable: ROOM, capacity: ROOM } },
        "status",
      );
    const lane = new Lane(cluster, await OwnedObjectsObserver.start(cluster.client));
    lane.#operator = await cluster.operator();
    return lane;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#operator?.stop();
    await this.#cluster.stop();
  }

  /** From a spec to another and back: what is there then is what a fresh install of each would be. */
  async change(plan: Change): Promise<Verdict> {
    const violations: Violation[] = [];
    const verdict = { id: plan.id, paths: plan.paths, kind: "changed" as const, outcome: "", violations };
    try {
      violations.push(...(await this.#installed(plan.from)));
      verdict.outcome = await this.#changed(plan, violations);
    } catch (error) {
      violations.push({ stage: "changed", text: error instanceof Error ? error.message : String(error) });
    }
    // Nothing that a violation leaves behind is the next plan's fault.
    if (violations.length > 0) this.#base = undefined;
    return verdict;
  }

  /** Written into a running install, as a user would: refused by the API server, and nothing has changed. */
  async refuse(plans: readonly Refusal[], running: Spec): Promise<Verdict[]> {
    const disturbed = await this.#installed(running);
    const before = await this.#everything();
    const verdicts: Verdict[] = [];
    for (const { id, path, spec, names } of plans) {
      const violations = disturbed.splice(0);
      const answer = await this.#replaced(spec);
      if (!answer) {
        violations.push({ stage: "refused", text: "accepted" });
        this.#base = undefined;
        await this.#installed(running);
      } else if (![400, 422].includes(answer.status) || !names.some((name) => answer.message.includes(name)))
        violations.push({
          stage: "refused",
          text: `refused without the field's name: ${answer.message.slice(0, 300)}`,
        });
      verdicts.push({ id, paths: [path], kind: "refused", outcome: "", violations });
    }
    const after = await this.#everything();
    if (!isDeepStrictEqual(before, after))
      verdicts.at(-1)?.violations.push({ stage: "refused", text: "the running install was disturbed" });
    return verdicts;
  }

  /** A fresh install of a spec, compared with what is expected of one; nothing if that is what is there. */
  async #installed(spec: Spec): Promise<Violation[]> {
    const key = JSON.stringify(spec);
    if (this.#base?.key === key) return [];
    this.#base = undefined;
    const left = await this.#removed();
    await this.#must(spec);
    const outcome = await this.#settled(spec);
    this.#distribution ??= (await this.#status()).distribution?.name as Distribution | undefined;
    const fresh = await this.#freshOf(spec);
    if (fresh instanceof RenderError) throw new Error(`no base to start from: ${fresh.message}`);
    this.#specs = [fresh.install.spec];
    const differing = await this.#differing(withoutUnfinished(fresh, outcome), "fresh");
    const base = { key, fresh, status: statusOf(await this.#install()) };
    if (differing.length === 0) this.#base = base;
    return [...left, ...differing];
  }

  async #changed({ from, via, to }: Change, violations: Violation[]): Promise<string> {
    const base = this.#base;
    if (!base) return "";
    let previous = base.fresh;
    if (via) {
      await this.#must(via);
      const reached = await this.#settled(via);
      const fresh = await this.#freshOf(via);
      if (fresh instanceof RenderError) throw fresh;
      this.#specs.push(fresh.install.spec);
      previous = withCompleteOf(fresh, base.fresh, reached);
      violations.push(...(await this.#differing(previous, "changed")));
    }
    const before = await this.#observer.observe();
    const answer = await this.#put(to);
    if (answer instanceof ApiError) {
      if (isMoved(from, to) && /spec\.namespace.*immutable/.test(answer.message)) {
        violations.push(...(await this.#installed(await this.#namespaceOf(to))));
        return "Immutable";
      }
      violations.push({ stage: "changed", text: `refused: ${answer.message.slice(0, 300)}` });
      return "Refused";
    }
    const outcome = await this.#settled(to);
    const fresh = await this.#freshOf(to);
    if (fresh instanceof RenderError) violations.push(...(await this.#reported(fresh, previous)));
    else {
      this.#specs.push(fresh.install.spec);
      const expected = isPaused(to) ? base.fresh : withCompleteOf(fresh, previous, outcome);
      violations.push(...(await this.#differing(expected, "changed", outcome !== "NodesUnhealthy")));
      violations.push(...(await this.#untold(fresh, outcome)));
      violations.push(...needless(previous, expected, before.templateChanges, await this.#templates()));
    }
    await this.#must(from);
    await this.#settled(from);
    violations.push(...(await this.#differing(base.fresh, "rolled back")));
    await waitUntil("", async () => isDeepStrictEqual(statusOf(await this.#install()), base.status), {
      timeoutMs: TIDY_MS,
      everyMs: 100,
    }).catch(() => {});
    const status = statusOf(await this.#install());
    if (!isDeepStrictEqual(status, base.status))
      violations.push({ stage: "rolled back", text: shown({ status: base.status }, { status }) });
    return outcome;
  }

  /** The status names the field, and what runs is what ran. */
  async #reported({ problems }: RenderError, running: Fresh): Promise<Violation[]> {
    const stalled = conditionOf(await this.#install(), "Stalled");
    const unnamed = problems.filter(({ path }) => !stalled?.message.includes(path));
    return [
      ...(stalled?.status === "True" && stalled.reason === "InvalidSpec"
        ? []
        : [reported(`Stalled is ${JSON.stringify(stalled)}`)]),
      ...unnamed.map(({ path }) => reported(`the message does not name ${path}: ${stalled?.message}`)),
      ...(await this.#differing(running, "changed")),
    ];
  }

  /** What the status says of an install that it should not, or does not say. */
  async #untold({ install, inventory, image, warnings }: Fresh, outcome: string): Promise<Violation[]> {
    const wanted = new Set(inventory.map(entryKey));
    const keys = (entries: readonly InventoryEntry[] = []) =>
      entries
        .filter((entry) => wanted.has(entryKey(entry)) || !POOL_DEFINITIONS.includes(entry.name))
        .map(entryKey)
        .toSorted();
    let status: MultusInstallStatus = {};
    const isRecorded = async () => {
      status = await this.#status();
      return outcome !== "Ready" || isDeepStrictEqual(keys(status.inventory), keys(inventory));
    };
    await waitUntil("the inventory", isRecorded, { timeoutMs: TIDY_MS, everyMs: 100 }).catch(() => {});
    const { version, mode } = install.spec;
    const said = { version: status.version, mode: status.mode, image: status.image };
    const missing = warnings.filter((warning) => !status.warnings?.includes(warning.slice(0, 1024)));
    const ready = conditionOf(await this.#install(), "Ready");
    return [
      ...(outcome !== "NodesUnhealthy" || ready?.message.includes("spec.")
        ? []
        : [reported(`the message names no field: ${ready?.message}`)]),
      ...(isDeepStrictEqual(said, { version, mode, image })
        ? []
        : [reported(`status has ${JSON.stringify(said)}`)]),
      ...missing.map((warning) => reported(`no warning: ${warning}`)),
      ...((await isRecorded())
        ? []
        : [reported(`status.inventory has ${keys(status.inventory).join(", ")}`)]),
    ];
  }

  async #differing(expected: Fresh, stage: Stage, isOver = true): Promise<Violation[]> {
    let contents: Contents = {};
    const changes = this.#specs.flatMap((spec) => previousDirectories(expected.install.spec, spec) ?? []);
    // Of two changes, one may have left a directory for configurations, the other one for programs.
    const remembered = new Set(
      changes.flatMap((one) =>
        changes
          .map((other) => ({ ...one, ...other }))
          .flatMap((change) => [change, { ...change, onlyWithoutMultus: true }])
          .map((each) => JSON.stringify(each)),
      ),
    );
    await waitUntil(
      "the objects",
      async () => {
        contents = withoutPrevious((await this.#observer.observe()).contents, remembered);
        contents = kept(contents, (name) => name in expected.contents || !isPoolDefinition(name));
        if (!isOver) contents = kept(contents, (name) => !name.endsWith(GUARD));
        return isDeepStrictEqual(contents, expected.contents);
      },
      { timeoutMs: TIDY_MS, everyMs: 100 },
    ).catch(() => {});
    return isDeepStrictEqual(contents, expected.contents)
      ? []
      : [{ stage, text: shown(expected.contents, contents) }];
  }

  /** Until the status describes the newest spec, and nothing is under way. Returns Ready, or the reason why not. */
  async #settled(spec: Spec): Promise<string> {
    let outcome = "";
    let last: Found | undefined;
    await waitUntil(
      "the install to be settled",
      async () => {
        last = await this.#install();
        outcome = outcomeOf(last);
        return outcome !== "";
      },
      { timeoutMs: SETTLE_MS, everyMs: 100 },
    ).catch(() => {
      throw new Error(
        `not settled with ${JSON.stringify(spec).slice(0, 200)}: ${JSON.stringify(last?.status?.conditions?.filter(({ status }) => status !== "False"))}`,
      );
    });
    return outcome;
  }

  async #freshOf(spec: Spec): Promise<Fresh | RenderError> {
    const key = JSON.stringify(spec);
    const known = this.#fresh.get(key);
    if (known) return known;
    const fresh = await freshObjects(this.#cluster.client, spec, this.#distribution).catch(
      (error: unknown) => {
        if (error instanceof RenderError) return error;
        throw error;
      },
    );
    this.#fresh.set(key, fresh);
    return fresh;
  }

  /** Nothing is left of an install but the kind of NADs. */
  async #removed(): Promise<Violation[]> {
    if (!(await this.#install())) return [];
    await this.#cluster.remove();
    await this.#cluster.gone();
    this.#applied = undefined;
    const { contents } = await this.#observer.observe();
    const left = Object.keys(contents).filter((name) => !name.startsWith("CustomResourceDefinition"));
    return left.map((name) => ({ stage: "fresh", text: `left after the deletion: ${name}` }));
  }

  async #namespaceOf(spec: Spec): Promise<Spec> {
    const metadata = { name: String(spec.namespace) };
    await this.#cluster.client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
    return spec;
  }

  async #templates(): Promise<Record<string, string>> {
    return (await this.#observer.observe()).templateChanges;
  }

  async #everything(): Promise<unknown> {
    return [await this.#observer.observe(), statusOf(await this.#install())];
  }

  async #put(spec: unknown): Promise<ApiError | undefined> {
    try {
      await this.#must(spec as Spec);
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  /** As kubectl replaces it, so that an unknown field is an error. Undefined: the API server took it. */
  async #replaced(spec: unknown): Promise<ApiError | undefined> {
    const body = { ...(await this.#install()), spec };
    const path = pathOf({ type: MULTUS_INSTALL, name: "multus" });
    try {
      await this.#cluster.client.json({ method: "PUT", path, query: { fieldValidation: "Strict" }, body });
      return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
  }

  async #must(spec: Spec): Promise<void> {
    for (const step of applied(this.#applied, spec)) {
      await this.#cluster.put(step);
      this.#applied = step;
    }
  }

  async #install(): Promise<Found | undefined> {
    return await this.#cluster.install();
  }

  async #status(): Promise<MultusInstallStatus> {
    return ((await this.#install())?.status ?? {}) as MultusInstallStatus;
  }
}

/**
 * Ready, or the reason of a condition that waits for a user; empty while something is under way. Nothing fails on a hollow
 * node, so that an unhealthy one is the spec's doing.
 */
function outcomeOf(install: Found | undefined): string {
  if (isReady(install)) return "Ready";
  const conditions = (install?.status?.conditions ?? []).filter(
    ({ observedGeneration }) => observedGeneration === install?.metadata.generation,
  );
  const of = (type: string) => conditions.find((condition) => condition.type === type);
  if (of("Stalled")?.status === "True") return of("Stalled")?.reason ?? "";
  const { reason = "" } = of("Ready") ?? {};
  return ["NoMatchingNodes", "NodesUnhealthy"].includes(reason) ? reason : "";
}

function reported(text: string): Violation {
  return { stage: "reported", text };
}

function isPaused(spec: Spec): boolean {
  return spec.paused === true;
}

function isMoved(from: Spec, to: Spec): boolean {
  return (from.namespace ?? "kube-system") !== (to.namespace ?? "kube-system");
}

const PREVIOUS_KEY = "previous-directories.json";
const LAST_COMPLETE = / multus-last-complete$|\/multus-last-complete$/;

/**
 * The objects without the directories of an earlier spec, which are remembered until they are clean: nodes that are not
 * inspected never are (ADR 8). Whatever else is remembered stays, and differs from a fresh install.
 * @param remembered what a change between the specs of this plan may leave
 */
/** The CRDs of whereabouts stay, with the pools, when it is switched off. */
function isPoolDefinition(name: string): boolean {
  return POOL_DEFINITIONS.some((definition) => name.endsWith(` ${definition}`));
}

function withoutPrevious(contents: Contents, remembered: ReadonlySet<string>): Contents {
  return Object.fromEntries(
    Object.entries(contents).map(([name, object]) => {
      const { data, ...rest } = object as { data?: Record<string, string> };
      const { [PREVIOUS_KEY]: previous, ...current } = data ?? {};
      const isRemembered = LAST_COMPLETE.test(name) && previous !== undefined && remembered.has(previous);
      return [name, isRemembered ? { ...rest, data: current } : object];
    }),
  );
}

/** What ran on every node last is kept only of an install that ran. */
function withoutUnfinished(fresh: Fresh, outcome: string): Fresh {
  return outcome === "Ready"
    ? fresh
    : { ...fresh, contents: kept(fresh.contents, (name) => !LAST_COMPLETE.test(name)) };
}

function withCompleteOf(fresh: Fresh, previous: Fresh, outcome: string): Fresh {
  if (outcome === "Ready") return fresh;
  const complete = kept(previous.contents, (name) => LAST_COMPLETE.test(name));
  return { ...fresh, contents: { ...fresh.contents, ...complete } };
}

function kept(contents: Contents, isKept: (name: string) => boolean): Contents {
  return Object.fromEntries(Object.entries(contents).filter(([name]) => isKept(name)));
}

/** Templates that are the same with both specs and were changed all the same: pods were restarted for nothing. */
function needless(
  from: Fresh,
  to: Fresh,
  before: Record<string, string>,
  after: Record<string, string>,
): Violation[] {
  const template = ({ contents }: Fresh, name: string) =>
    (contents[name] as { spec: { template: unknown } } | undefined)?.spec.template;
  return Object.keys(before)
    .filter((name) => !name.endsWith(GUARD))
    .filter((name) => isDeepStrictEqual(template(from, name), template(to, name)))
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      stage: "changed",
      text: `${name}: a needless rollout (${before[name]} → ${after[name]})`,
    }));
}

/** The status without times and numbers that only grow. */
function statusOf(install: Found | undefined): unknown {
  const {
    conditions = [],
    observedGeneration,
    inventory,
    ...rest
  } = (install?.status ?? {}) as MultusInstallStatus;
  const generation = install?.metadata.generation;
  return {
    ...rest,
    inventory: inventory?.filter(({ name }) => !POOL_DEFINITIONS.includes(name)),
    nodes: { ...rest.nodes, progressedAt: undefined },
    isOfThisGeneration: observedGeneration === generation,
    conditions: conditions.map(({ type, status, reason, message, observedGeneration: of }) => ({
      ...{ type, status, reason, message },
      isOfThisGeneration: of === generation,
    })),
  };
}

function shown(expected: Contents, found: Contents): string {
  const asObjects = (contents: Contents) =>
    Object.entries(contents).map(([name, object]) => ({
      ...(object as object),
      kind: name,
      metadata: { name: "" },
      m: (object as { metadata?: unknown }).metadata,
    }));
  const all = differences(asObjects(expected), asObjects(found));
  return all
    .slice(0, SHOWN)
    .map(({ at, upstream, ours }) => `${at} should be ${short(upstream)} and is ${short(ours)}`)
    .join("; ");
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? "absent").slice(0, 200);
}
