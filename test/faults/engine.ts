import { isDeepStrictEqual } from "node:util";
import { LAST_COMPLETE } from "../../src/render/last-complete.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { differences, type EndState, endState } from "./end-state.ts";
import type { PlanEvidence, Reference } from "./evidence.ts";
import { type Violation, violations } from "./oracles/oracles.ts";
import { isReady } from "./oracles/status.ts";
import { idOf, type Plan } from "./plan.ts";
import { record, runPlan } from "./run-plan.ts";
import type { Bundles, Stage } from "./stage/stage.ts";
import { bundleVictim, type SourcePatch } from "./victim/bundle.ts";
import { applyProbeNetwork, enter, isOf, type StateName, type Workload, workloadOf } from "./workloads.ts";

export interface Result {
  id: string;
  isStruck: boolean;
  violations: Violation[];
  ms: number;
}

/** Dead connections are noticed by silence, which Node measures on the real clock: minutes become a moment. */
const IMPATIENT: SourcePatch = {
  file: "src/kube/watch/collection.ts",
  from: "const SILENCE_MS = 150_000;",
  to: "const SILENCE_MS = 1_500;",
};

/** Both programs of the victim, with these changes of its source. */
export async function bundles(patches: readonly SourcePatch[] = []): Promise<Bundles> {
  const [usual, impatient] = await Promise.all([
    bundleVictim(patches),
    bundleVictim([...patches, IMPATIENT]),
  ]);
  return { usual, impatient };
}

/** Runs plans on one stage, one after the other: the end of one is the start of the next where it can be. */
export class Engine {
  readonly #stage: Stage;
  readonly #references: Map<string, Reference>;

  constructor(stage: Stage, references: Map<string, Reference> = new Map()) {
    this.#stage = stage;
    this.#references = references;
  }

  /** The kind of networks outlives each install, so that it is there from the first plan on; and a probe's network. */
  async prepare(): Promise<void> {
    await this.#forgetState();
    await this.#installed("thick");
    await applyProbeNetwork(this.#stage);
    await this.#forgetState();
  }

  /** Runs a workload without a fault, and keeps what it leaves behind. */
  async record(workload: Workload): Promise<void> {
    if (!this.#references.has(workload.name)) await this.#recorded(workload);
  }

  /** Whether the stage is in a state like that with which the workload begins. */
  isAtStartOf({ from }: Workload): boolean {
    return isAtRest(this.#stage, from) && isOf(this.#stage, from);
  }

  /** Whether the stage is in the state with which the plan begins. */
  isAt(plan: Plan): boolean {
    return this.#isAt(workloadOf(plan.workload));
  }

  /** @param mutant runs it with a program that has a bug */
  async run(plan: Plan, mutant?: Bundles): Promise<Result> {
    const began = performance.now();
    const workload = workloadOf(plan.workload);
    const reference = this.#references.get(workload.name) ?? (await this.#recorded(workload));
    await this.#go(workload.from, reference.start);
    const evidence = await this.#runPlan(plan, reference, mutant);
    const found = violations(evidence, reference);
    // Of what others put on objects the end state shows nothing.
    if (plan.class.startsWith("race") || found.length > 0) await this.#forgetState();
    return { id: idOf(plan), isStruck: evidence.isStruck, violations: found, ms: performance.now() - began };
  }

  async #runPlan(plan: Plan, reference: Reference, mutant: Bundles | undefined): Promise<PlanEvidence> {
    this.#stage.mutant = mutant;
    try {
      return await runPlan(this.#stage, plan, reference);
    } finally {
      this.#stage.mutant = undefined;
    }
  }

  #isAt({ name }: Workload): boolean {
    const start = this.#references.get(name)?.start;
    return start !== undefined && isDeepStrictEqual(start, endState(this.#stage.observer.state));
  }

  async #recorded(workload: Workload): Promise<Reference> {
    await this.#go(workload.from, undefined);
    const reference = await record(this.#stage, workload, () => isAtRest(this.#stage, workload.to));
    this.#references.set(workload.name, reference);
    return reference;
  }

  /** To a state: if the stage is not in it already, from nothing, by an operator that nothing disturbs. */
  async #go(name: StateName, start: EndState | undefined): Promise<void> {
    const now = endState(this.#stage.observer.state);
    if (
      start === undefined
        ? isAtRest(this.#stage, name) && isOf(this.#stage, name)
        : isDeepStrictEqual(start, now)
    )
      return;
    await this.#forgetState();
    this.#stage.begin();
    if (name === "canary") await this.#installed("thick");
    if (name === "empty" || name === "by-hand") await enter(this.#stage, name);
    else await this.#installed(name);
    const reached = () =>
      start === undefined || isDeepStrictEqual(start, endState(this.#stage.observer.state));
    if (await this.#stage.observer.until(reached, 10_000)) return;
    throw new Error(
      `the start state ${name} is not as it was: ${differences(start, endState(this.#stage.observer.state)).join("; ")}`,
    );
  }

  async #installed(name: StateName): Promise<void> {
    const stage = this.#stage;
    const victim = await stage.startVictim();
    await enter(stage, name);
    const isReached = await stage.observer.until(() => isAtRest(stage, name), 30_000);
    if (!isReached) throw new Error(`the start state ${name} was not reached: ${victim.failure ?? ""}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await stage.endVictims();
  }

  async #forgetState(): Promise<void> {
    await this.#stage.endVictims();
    await this.#stage.clear();
    await this.#stage.restoreNodes();
  }
}

/** Whether the stage is in this state, and nothing of a rollout is left. */
function isAtRest({ observer: { state } }: Stage, name: StateName): boolean {
  const keys = [...state.keys()];
  if (name === "empty") return keys.every((key) => key.startsWith("Node "));
  if (name === "by-hand") return true;
  const install = state.get("MultusInstall multus");
  const isTidy =
    !JSON.stringify(install?.status ?? {}).includes(GUARD) && !keys.some((key) => key.includes(GUARD));
  return isReady(install) && isTidy && keys.some((key) => key.endsWith(LAST_COMPLETE));
}
