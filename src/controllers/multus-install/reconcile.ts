import { isDeepStrictEqual } from "node:util";
import { formatProblem } from "../../crds/field-problem.ts";
import type { KubeObject } from "../../crds/kube-object.ts";
import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  parseMultusInstall,
} from "../../crds/multus-install/multus-install.ts";
import { type MultusInstallStatus, multusInstallStatus } from "../../crds/multus-install/status.ts";
import type { KubeClient } from "../../kube/client.ts";
import { type ReconcileContext, type Result, TerminalError } from "../../kube/controller.ts";
import { ApiError } from "../../kube/errors.ts";
import type { EventRecorder } from "../../kube/events.ts";
import { type ApiObject, DAEMON_SETS, describe, type ObjectRef, refOf } from "../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import { objectsOf, RenderError, type RenderedInstall, renderInstall } from "../../render/render.ts";
import { type Applier, FIELD_MANAGER, isOwn } from "./applier.ts";
import type { InstallState } from "./conditions.ts";
import { unhealthyNodes } from "./diagnosis.ts";
import { entryKey, entryOf, recordedInventory, refOfEntry } from "./inventory.ts";
import type { OwnedObjects } from "./owned-objects.ts";
import { type Rollout, rollout, verdict } from "./rollout.ts";
import { InvalidSpec, stalledBy } from "./stalled.ts";
import { type Findings, type InventoryEntry, statusFor } from "./status.ts";
import { daemonSetView, type MultusPodView } from "./views.ts";
import { winner } from "./winner.ts";

export const FINALIZER = "multus-operator.dev/cleanup";

export interface Dependencies {
  client: KubeClient;
  installs: { get(name: string): ApiObject | undefined; values(): ApiObject[] };
  owned: OwnedObjects;
  applier: Applier;
  /** The Multus pods of a namespace; starts watching them at the first call. */
  pods: (namespace: string) => Promise<readonly MultusPodView[]>;
  events: EventRecorder;
  now: () => Date;
}

/**
 * Brings the cluster to what one MultusInstall says, and its status to what is true. Level-based: it looks
 * at what is there, whatever the event was. Whatever happens, the status is written last.
 */
export async function reconcile(
  name: string,
  deps: Dependencies,
  context: ReconcileContext,
): Promise<Result> {
  const live = deps.installs.get(name);
  if (!live) return {};
  const run = new Run(live, deps, context);
  let failure: unknown;
  let result: Result = {};
  try {
    result = await run.act();
  } catch (error) {
    failure = run.explain(error);
  }
  // Stopped in the middle: what was found is half a truth, and another replica may lead already.
  if (!context.signal.aborted) await run.writeStatus();
  if (failure !== undefined) throw failure;
  return result;
}

/** One reconcile: what it has found so far. */
class Run {
  readonly #live: ApiObject;
  readonly #deps: Dependencies;
  readonly #context: ReconcileContext;
  readonly #previous: MultusInstallStatus;
  readonly #findings: Findings;
  /** There is nothing to say, or nothing to say it in. */
  #silent = false;

  constructor(live: ApiObject, deps: Dependencies, context: ReconcileContext) {
    this.#live = live;
    this.#deps = deps;
    this.#context = context;
    this.#previous = multusInstallStatus.catch({}).parse(live.status ?? {});
    this.#findings = {
      state: { kind: "Failing", reason: "ApplyFailed", message: "not looked at yet" },
      inventory: recordedInventory(live),
    };
  }

  async act(): Promise<Result> {
    const { metadata } = this.#live;
    if (metadata.deletionTimestamp) return await this.#delete();
    const leader = winner(this.#deps.installs.values().map(contender));
    if (leader && leader.name !== metadata.name)
      return this.#stall(
        "SecondInstall",
        `MultusInstall ${leader.name} is older and counts; delete one of the two`,
      );

    const install = this.#parse();
    const rendered = renderInstall(install);
    Object.assign(this.#findings, { install, rendered });
    const objects = objectsOf(rendered);
    await this.#deps.owned.watch(objects.map(refOf));

    if (install.spec.paused) return await this.#observePaused(objects, rendered);
    await this.#assertAllowed(objects);
    await this.#addFinalizer();
    await this.#recordInventory(objects);
    for (const { objects: together } of rendered.stages)
      for (const object of together)
        if (await this.#deps.applier.apply(object, this.#context.signal))
          this.#context.log.info({ applied: describe(refOf(object)) }, "applied");
    await this.#prune(objects);
    this.#findings.state = { kind: "Running", verdict: verdict(await this.#look(rendered)) };
    return {};
  }

  /** Turns an error into the state that the status tells, and into the error that the controller acts on. */
  explain(error: unknown): unknown {
    if (error instanceof RenderError || error instanceof InvalidSpec) {
      this.#findings.state = { kind: "Stalled", reason: "InvalidSpec", message: error.message };
      return new TerminalError(error.message);
    }
    const stalled = stalledBy(error);
    if (stalled) {
      this.#findings.state = stalled;
      return error;
    }
    // Somebody was quicker; the next look, which comes at once, has something to say.
    if (error instanceof ApiError && error.status === 409) this.#silent = true;
    const message = error instanceof Error ? error.message : String(error);
    this.#findings.state = { kind: "Failing", reason: "ApplyFailed", message };
    return error;
  }

  async writeStatus(): Promise<void> {
    if (this.#silent) return;
    const now = this.#deps
      .now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    const status = statusFor(this.#findings, this.#live.metadata.generation ?? 0, this.#previous, now);
    if (isDeepStrictEqual(plain(status), plain(this.#live.status ?? {}))) return;
    await this.#putStatus(status);
    await this.#tellTransition(status);
  }

  /** False where the object is gone, or another of its name is there. */
  async #putStatus(status: MultusInstallStatus): Promise<boolean> {
    const { name, uid } = this.#live.metadata;
    const body = {
      apiVersion: MULTUS_INSTALL_API_VERSION,
      kind: MULTUS_INSTALL.kind,
      metadata: { name, uid },
      status,
    };
    try {
      await this.#deps.client.apply(this.#ref, body, {
        fieldManager: FIELD_MANAGER,
        force: true,
        subresource: "status",
      });
      return true;
    } catch (error) {
      // Deleted, or deleted and made anew: the next event tells.
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return false;
      throw error;
    }
  }

  async #tellTransition(status: MultusInstallStatus): Promise<void> {
    const ready = (s: MultusInstallStatus) => s.conditions?.find(({ type }) => type === "Ready");
    const before = ready(this.#previous);
    const after = ready(status);
    if (!after || (before?.status === after.status && before.reason === after.reason)) return;
    const bad = [
      "NodesUnhealthy",
      "InvalidSpec",
      "SecondInstall",
      "OwnershipConflict",
      "Forbidden",
      "NamespaceMissing",
      "NoMatchingNodes",
    ];
    await this.#deps.events.send(this.#live, {
      type: bad.includes(after.reason) ? "Warning" : "Normal",
      reason: after.reason,
      action: "Reconcile",
      note: after.message || after.reason,
    });
  }

  get #ref(): ObjectRef {
    return { type: MULTUS_INSTALL, name: this.#live.metadata.name };
  }

  #parse(): MultusInstall {
    const parsed = parseMultusInstall(this.#live);
    if (!parsed.ok) throw new InvalidSpec(parsed.problems.map(formatProblem).join("; "));
    return parsed.value;
  }

  #stall(reason: Extract<InstallState, { kind: "Stalled" }>["reason"], message: string): Result {
    this.#findings.state = { kind: "Stalled", reason, message };
    return {};
  }

  async #observePaused(objects: readonly KubeObject[], rendered: RenderedInstall): Promise<Result> {
    const differing: string[] = [];
    for (const object of objects)
      if (await this.#deps.applier.isDifferent(object, this.#context.signal))
        differing.push(describe(refOf(object)));
    this.#findings.state = { kind: "Paused", verdict: verdict(await this.#look(rendered)), differing };
    return {};
  }

  /** The rollout as the cluster shows it now. */
  async #look(rendered: RenderedInstall): Promise<Rollout> {
    const all = objectsOf(rendered).map(refOf);
    const refs = all.filter((ref) => ref.type === DAEMON_SETS);
    // A copy older than the last write shows the numbers of a rollout that is over.
    const daemonSets = refs.flatMap((ref) => {
      const live = this.#deps.owned.get(ref);
      if (!live) return [];
      const view = daemonSetView(live);
      return { ...view, current: view.current && this.#deps.applier.hasSeenWrite(ref, live) };
    });
    const ending = all.filter((ref) => this.#deps.owned.get(ref)?.metadata.deletionTimestamp !== undefined);
    const namespace = refs[0]?.namespace ?? "";
    const names = new Set(refs.map((ref) => ref.name));
    const pods = (await this.#deps.pods(namespace)).filter((pod) => names.has(pod.daemonSet));
    const found = rollout(refs.length, daemonSets, unhealthyNodes(pods), ending.map(describe));
    this.#findings.rollout = found;
    return found;
  }

  /**
   * A namespace that the operator may not write in is refused before anything is written: with a finalizer
   * the install could not even be deleted, and the namespace is immutable.
   */
  async #assertAllowed(objects: readonly KubeObject[]): Promise<void> {
    if (this.#live.metadata.finalizers?.includes(FINALIZER)) return;
    for (const object of objects.filter(({ metadata }) => metadata.namespace !== undefined))
      await this.#deps.client.apply(refOf(object), object, {
        fieldManager: FIELD_MANAGER,
        force: true,
        dryRun: true,
        signal: this.#context.signal,
      });
  }

  async #addFinalizer(): Promise<void> {
    const { finalizers = [], resourceVersion } = this.#live.metadata;
    if (finalizers.includes(FINALIZER)) return;
    await this.#deps.client.patch(this.#ref, {
      metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] },
    });
  }

  /** Written before the objects are: an operator that dies in between still knows what it may have made. */
  async #recordInventory(objects: readonly KubeObject[]): Promise<void> {
    const known = new Set(this.#findings.inventory.map(entryKey));
    const fresh = objects.map(entryOf).filter((entry) => !known.has(entryKey(entry)));
    if (fresh.length === 0) return;
    this.#findings.inventory = [...this.#findings.inventory, ...fresh];
    const written = await this.#putStatus({ ...this.#previous, inventory: [...this.#findings.inventory] });
    if (!written)
      throw new Error("the inventory could not be written: the MultusInstall is gone or was made anew");
  }

  /** Deletes what an earlier spec had and this one has not. The NAD CRD is never pruned. */
  async #prune(objects: readonly KubeObject[]): Promise<void> {
    const wanted = new Set(objects.map((object) => entryKey(entryOf(object))));
    const obsolete = this.#findings.inventory.filter(
      (entry) => !wanted.has(entryKey(entry)) && entry.name !== NETWORK_DEFINITION,
    );
    const ending: InventoryEntry[] = [];
    for (const entry of obsolete) if (!(await this.#deleteOwned(entry))) ending.push(entry);
    this.#findings.inventory = [...objects.map(entryOf), ...ending];
  }

  /** Deletes an object if it is this operator's, and the one that was looked at. True when it is gone. */
  async #deleteOwned(entry: InventoryEntry): Promise<boolean> {
    const ref = refOfEntry(entry);
    const live = await this.#deps.client.get<ApiObject>(ref);
    if (!live || !isOwn(live)) return true;
    if (!live.metadata.deletionTimestamp) {
      const { uid } = live.metadata;
      this.#context.log.info({ deleted: describe(ref) }, "deleted");
      await this.#deps.client.delete(ref, {
        ...(uid ? { preconditions: { uid } } : {}),
        propagationPolicy: ref.type === DAEMON_SETS ? "Foreground" : "Background",
      });
    }
    return ref.type !== DAEMON_SETS;
  }

  /** The inventory, and what the spec renders: a status that was lost must not leave objects behind. */
  #everythingOf(install: MultusInstall | undefined): InventoryEntry[] {
    const known = new Map(this.#findings.inventory.map((entry) => [entryKey(entry), entry]));
    try {
      for (const object of install ? objectsOf(renderInstall(install)) : [])
        known.set(entryKey(entryOf(object)), entryOf(object));
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
    }
    return [...known.values()];
  }

  /** First the pods, since they need their account to the end; then the rest; the NAD CRD only when asked. */
  async #delete(): Promise<Result> {
    const { finalizers = [], resourceVersion } = this.#live.metadata;
    if (!finalizers.includes(FINALIZER)) {
      this.#silent = true;
      return {};
    }
    const parsed = parseMultusInstall(this.#live);
    const install = parsed.ok ? parsed.value : undefined;
    const inventory = this.#everythingOf(install);
    await this.#deps.owned.watch(inventory.map(refOfEntry));
    const daemonSets = inventory.filter(({ kind }) => kind === "DaemonSet");
    const stopped = [];
    for (const entry of daemonSets) stopped.push(await this.#deleteOwned(entry));
    if (stopped.includes(false)) {
      this.#findings.state = { kind: "Deleting", message: "waiting for the Multus pods to end" };
      return { requeueAfterSeconds: 1 };
    }
    const deletesNetworks = install?.spec.uninstall.networkDefinitions === "Delete";
    for (const entry of inventory.filter(({ kind }) => kind !== "DaemonSet").toReversed())
      if (entry.name !== NETWORK_DEFINITION || deletesNetworks) await this.#deleteOwned(entry);
    await this.#deps.client.patch(this.#ref, {
      metadata: { resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) },
    });
    this.#silent = true;
    return {};
  }
}

function contender(object: ApiObject) {
  const { name, uid = "", creationTimestamp = "" } = object.metadata;
  return { name, uid, creationTimestamp };
}

function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
