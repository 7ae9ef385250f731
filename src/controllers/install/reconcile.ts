import { formatProblem } from "../../crds/field-problem.ts";
import type { KubeObject } from "../../crds/kube-object.ts";
import { activeInstall } from "../../crds/multus-install/active-install.ts";
import {
  MULTUS_INSTALL,
  type MultusInstall,
  parseMultusInstall,
} from "../../crds/multus-install/multus-install.ts";
import { type ReconcileContext, type Result, TerminalError } from "../../kube/controller.ts";
import { ApiError } from "../../kube/errors.ts";
import { NotSynced } from "../../kube/not-synced.ts";
import { type ApiObject, refOf } from "../../kube/resource.ts";
import { lastComplete } from "../../render/last-complete.ts";
import { objectsOf, RenderError, type RenderedInstall, renderInstall } from "../../render/render.ts";
import { type ForeignField, foreignFields, foreignFieldText, hasEffect } from "../shared/foreign-fields.ts";
import { synced } from "../shared/synced.ts";
import { type Adoption, planAdoption, takeOver } from "./adoption/adoption.ts";
import { rehearse } from "./adoption/rehearsal.ts";
import { approveCertificates } from "./daemon-certificates.ts";
import { removeInstall } from "./deletion/deletion.ts";
import { withDistribution } from "./distribution.ts";
import { InvalidSpec, ProbeNetworkMissing, toStalledState } from "./errors.ts";
import { refOfEntry } from "./inventory/inventory.ts";
import { recordInventory } from "./inventory/prune.ts";
import { observePaused } from "./paused.ts";
import type { RolloutPhase } from "./rollout/assess.ts";
import { guardRefs, rememberGuard } from "./rollout/live-workloads.ts";
import { isReadyAlready } from "./rollout/observe.ts";
import { appliedObjects, rollOut } from "./rollout/roll-out.ts";
import { rollbackOf } from "./rollout/rollback.ts";
import { detectStuck } from "./rollout/stuck.ts";
import { type Dependencies, FINALIZER, newScope, type ReconcileScope } from "./scope.ts";
import { releaseNodes } from "./startup-taint.ts";
import { writeStatus } from "./status/writer.ts";

/** What was refused as invalid stays so until the spec, the program or a policy changes: no back-off from 5 ms. */
const SECONDS_BETWEEN_REFUSALS = 300;
/** NADs are not watched for this: whoever creates the missing one waits no longer than this. */
const SECONDS_BETWEEN_PROBE_CHECKS = 10;

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
  if (!live) {
    if (deps.installs.values().length === 0) deps.certificates.serve(undefined);
    return {};
  }
  const scope = newScope(live, deps, context);
  let failure: unknown;
  let result: Result = {};
  try {
    result = await act(scope);
  } catch (error) {
    failure = toInstallState(scope, error);
    if (error instanceof ProbeNetworkMissing) {
      failure = undefined;
      result = { requeueAfterSeconds: SECONDS_BETWEEN_PROBE_CHECKS };
    }
    if (scope.findings.state.kind === "Stalled" && scope.findings.state.reason === "Refused") {
      context.log.error({ err: error }, "the API server refuses an object");
      failure = undefined;
      result = { requeueAfterSeconds: SECONDS_BETWEEN_REFUSALS };
    }
  }
  // Stopped in the middle: what was found is half a truth, and another replica may lead already.
  scope.findings.unknown = deps.unknownOfNetworks();
  try {
    if (!context.signal.aborted) await writeStatus(scope);
  } catch (error) {
    throw bothErrors(failure, error);
  }
  if (failure !== undefined) throw failure;
  return result;
}

/**
 * What to throw if the status could not be written: the reconcile's own error is not lost behind it. Even after a
 * TerminalError there is something to try again, so the result is not one.
 */
export function bothErrors(ofReconcile: unknown, ofStatus: unknown): unknown {
  if (ofReconcile === undefined) return ofStatus;
  const [first, second] = [ofReconcile, ofStatus].map((error) =>
    error instanceof Error ? error.message : String(error),
  );
  return new AggregateError([ofReconcile, ofStatus], `${first}; and the status was not written: ${second}`);
}

async function act(scope: ReconcileScope): Promise<Result> {
  const { metadata } = scope.live;
  await synced([scope.deps.installs], scope.context.signal);
  if (metadata.deletionTimestamp) return await removeInstall(scope);
  const active = activeInstall(scope.deps.installs.values());
  if (active && active.metadata.name !== metadata.name) {
    const { name } = active.metadata;
    const message = `MultusInstall ${name} is older and takes precedence; this one is ignored. Delete this one (kubectl delete multusinstall ${metadata.name}): deleting ${name} uninstalls Multus`;
    scope.findings.state = { kind: "Stalled", reason: "SecondInstall", message };
    return {};
  }

  const spec = parse(scope.live);
  const rollback = spec.spec.paused ? undefined : await rollbackOf(scope, spec);
  const install = await withDistribution(scope, rollback?.install ?? spec);
  const rendered = renderInstall(install);
  Object.assign(scope.findings, { install, rendered });
  const objects = objectsOf(rendered);
  await awaitCaches(scope, install, objects);

  const adoption = await planAdoption(scope, install, objects);
  addAdoptionWarnings(scope, rendered, adoption);
  // First, because it names the chart's value: a rehearsal without the rights is refused in the API server's words. And
  // before the pause: a daemon that starts again meanwhile serves no pod without its certificate.
  await approveCertificates(scope, install);
  if (!install.spec.paused) await rehearse(scope, appliedObjects(rendered, adoption.kept));
  if (install.spec.paused) return await observePaused(scope, install, rendered, adoption);
  await addFinalizer(scope);
  const isTaken = await takeOver(scope, adoption);
  await recordInventory(scope, [...objects, ...adoption.obsolete]);
  // What follows looks at the watches' copies: it must see whose the objects are by now.
  if (isTaken) return takingOver(scope);
  const { phase, result } = await rollOut(scope, install, rendered, adoption.kept, rollback === undefined);
  const foreign = objects.flatMap((object) => {
    const live = scope.deps.owned.get(refOf(object));
    return live
      ? foreignFields(live)
          .filter(hasEffect)
          .filter((field) => !isKept(field, object, adoption))
      : [];
  });
  scope.findings.foreignFields = foreign;
  const overTime = await detectStuck(scope, install, withPlacement(phase, foreign), rollback);
  scope.findings.state = { kind: "Running", phase: overTime.phase };
  const daemonSets = objects.filter(({ kind }) => kind === "DaemonSet").map(({ metadata: { name } }) => name);
  return soonest(result, overTime.result, await releaseNodes(scope, install, daemonSets));
}

/** The template of a DaemonSet that was adopted with its pods is still its manifest's. */
function isKept({ field }: ForeignField, object: KubeObject, { kept }: Adoption): boolean {
  return kept.has(object) && field.startsWith("spec.template");
}

/** If no node matches because of what others set, the message names that, and not the spec. */
function withPlacement(found: RolloutPhase, foreign: readonly ForeignField[]): RolloutPhase {
  const placing = foreign.filter(({ field }) =>
    /^spec\.template\.spec\.(nodeSelector|affinity|nodeName)/.test(field),
  );
  const [first] = placing;
  if (found.state !== "NoNodes" || !first) return found;
  const fields = placing.slice(0, 3).map(foreignFieldText).join("; ");
  const message = `no node matches ${first.object}: ${fields}. The MultusInstall does not have it; remove it from the DaemonSet`;
  return { ...found, message };
}

/** Turns an error into the state that the status tells, and into the error that the controller acts on. */
function toInstallState(scope: ReconcileScope, error: unknown): unknown {
  if (error instanceof RenderError || error instanceof InvalidSpec) {
    scope.findings.state = { kind: "Stalled", reason: "InvalidSpec", message: error.message };
    return new TerminalError(error.message, { cause: error });
  }
  if (error instanceof NotSynced) {
    scope.findings.state = { kind: "Syncing", message: error.message, wasReady: isReadyAlready(scope) };
    return error;
  }
  const stalled = toStalledState(error);
  if (stalled) {
    scope.findings.state = stalled;
    return error;
  }
  // Somebody was quicker; the next look, which comes at once, has something to say.
  if (error instanceof ApiError && error.status === 409) scope.skipStatus = true;
  const message = error instanceof Error ? error.message : String(error);
  scope.findings.state = { kind: "Failing", reason: "ApplyFailed", message };
  return error;
}

/**
 * Everything that the reconcile decides by is known before it writes anything: an object that is not known yet must
 * not be taken for one that has to be created, nor nodes for none at all. Throws a NotSynced.
 */
async function awaitCaches(
  scope: ReconcileScope,
  install: MultusInstall,
  objects: readonly KubeObject[],
): Promise<void> {
  const { owned, nodes, pods } = scope.deps;
  const { namespace } = install.spec;
  const refs = [
    ...objects.map(refOf),
    ...scope.findings.inventory.map(refOfEntry),
    ...[...guardRefs(namespace), refOf(lastComplete(install))],
  ];
  await Promise.all([nodes(), pods(namespace), owned.watch(refs, scope.context.signal)]);
  rememberGuard(scope, namespace);
}

function parse(live: ApiObject): MultusInstall {
  const parsed = parseMultusInstall(live);
  if (!parsed.ok) throw new InvalidSpec(parsed.problems.map(formatProblem).join("; "));
  return parsed.value;
}

/** The status says of an adoption what became of the pods. */
function addAdoptionWarnings(scope: ReconcileScope, rendered: RenderedInstall, { notes }: Adoption): void {
  const warnings = notes.map((message) => ({ path: "spec.adopt", code: "ADOPTED", message }));
  scope.findings.rendered = { ...rendered, warnings: [...warnings, ...rendered.warnings] };
}

function takingOver(scope: ReconcileScope): Result {
  const message = "taking over the Multus that was there";
  scope.findings.state = { kind: "Running", phase: { state: "Progressing", message } };
  return { requeueAfterSeconds: 1 };
}

async function addFinalizer(scope: ReconcileScope): Promise<void> {
  const { name, finalizers = [], resourceVersion } = scope.live.metadata;
  if (finalizers.includes(FINALIZER)) return;
  const answer = await scope.deps.client.patch<ApiObject>(
    { type: MULTUS_INSTALL, name },
    { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } },
  );
  scope.deps.installs.wrote(answer);
}

function soonest(...results: Result[]): Result {
  const times = results.flatMap(({ requeueAfterSeconds }) => requeueAfterSeconds ?? []);
  return times.length > 0 ? { requeueAfterSeconds: Math.min(...times) } : {};
}
