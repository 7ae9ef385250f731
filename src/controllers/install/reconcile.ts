import { activeInstall } from "../../crds/multus-install/active-install.ts";
import type { InventoryEntry } from "../../crds/multus-install/status.ts";
import type { ReconcileContext, Result } from "../../kube/controller.ts";
import type { ApiObject } from "../../kube/resource.ts";
import { synced } from "../shared/synced.ts";
import { carryOut } from "./carry-out.ts";
import { conclude, type Pass } from "./conclude.ts";
import { decide } from "./decide/decide.ts";
import { decideDeletion } from "./deletion/decide-deletion.ts";
import { observeDeletion } from "./deletion/observe-deletion.ts";
import { isDhcpDaemon } from "./dhcp/observe-dhcp.ts";
import { recordedInventory } from "./inventory/inventory.ts";
import { type Observed, observe } from "./observe/observe.ts";
import { isSuperseded } from "./observe/superseded.ts";
import { type Dependencies, newScope, type ReconcileScope } from "./scope.ts";
import { resolveSpec } from "./spec/resolve-spec.ts";
import type { InstallState } from "./status/conditions.ts";
import { writeStatus } from "./status/writer.ts";

/**
 * Brings the cluster to what one MultusInstall specifies, and its status to what is true. Level-based: it acts on
 * what is there, whatever the event was. Whatever happens, the status is written last.
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
  const pass = await run(scope);
  const { status, result, error, rejected } = conclude(
    { ...scope, rolloutDeadlineSeconds: deps.rolloutDeadlineSeconds, now: deps.now() },
    pass,
  );
  if (rejected) context.log.error({ err: rejected }, "the API server rejects an object");
  try {
    // Stopped in the middle: what was found is half a truth, and another replica may lead already.
    if (status && !context.signal.aborted) await writeStatus(scope, status);
  } catch (ofStatus) {
    throw bothErrors(error, ofStatus);
  }
  if (error !== undefined) throw error;
  return result;
}

/** Observes, decides and acts. Does not throw: how far it came is what the status is made of. */
async function run(scope: ReconcileScope): Promise<Pass> {
  const pass: Pass = {};
  try {
    await synced([scope.deps.installs], scope.context.signal);
    if (scope.live.metadata.deletionTimestamp) return await runDeletion(scope);
    pass.state = ignored(scope);
    if (pass.state) return pass;
    pass.spec = await resolveSpec(scope);
    pass.observed = await observe(scope, pass.spec);
    if (await isSuperseded(scope, pass.observed)) return { isSuperseded: true };
    const plan = decide(pass.spec, pass.observed);
    pass.done = await carryOut(scope, plan, recordedWithDhcp(scope.live, pass.observed));
  } catch (failure) {
    pass.failure = failure;
  }
  return pass;
}

/** The inventory with the entry of the dhcp daemon. Without the entry, each reconcile would write the status to add it. */
function recordedWithDhcp(live: ApiObject, { inventory, dhcp }: Observed): InventoryEntry[] {
  return [...inventory, ...(dhcp?.entry ? recordedInventory(live).filter(isDhcpDaemon) : [])];
}

async function runDeletion(scope: ReconcileScope): Promise<Pass> {
  const plan = decideDeletion(await observeDeletion(scope));
  return { done: await carryOut(scope, plan, recordedInventory(scope.live)) };
}

/** The state of an install that has no effect because another one is active. */
function ignored({ live, deps }: ReconcileScope): InstallState | undefined {
  const active = activeInstall(deps.installs.values());
  if (!active || active.metadata.name === live.metadata.name) return undefined;
  const { name } = active.metadata;
  const message = `MultusInstall ${name} is older and takes precedence; this one is ignored. Delete this one (kubectl delete multusinstall ${live.metadata.name}): deleting ${name} uninstalls Multus`;
  return { kind: "Stalled", reason: "SecondInstall", message };
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
