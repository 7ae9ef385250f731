import { setTimeout as sleep } from "node:timers/promises";
import { bundles, Engine, type Result } from "./engine.ts";
import type { Reference } from "./evidence.ts";
import { cells, type Recorded } from "./generate.ts";
import type { Mutant } from "./mutants.ts";
import { idOf, type Plan, parsePlan } from "./plan.ts";
import { type Bundles, Stage } from "./stage/stage.ts";
import { WORKLOADS, type Workload } from "./workloads.ts";

/** A stage with its engine; another one takes its place when something is wrong with it. */
interface Lane {
  stage: Stage;
  engine: Engine;
}

/** Longer than any plan takes, ms: the longest waits twice for an end of 40 s. */
const PLAN_MS = 240_000;
const STOP_MS = 60_000;
/** In place of an oracle's name: the plan could not be run. */
const ENGINE = "engine";
const OPEN_ATTEMPTS = 3;

/** Several stages that work off one list of plans. What was recorded on one serves all. */
export class Pool {
  readonly #lanes: Lane[] = [];
  readonly #programs: Bundles;
  readonly #onStray = new Set<(error: unknown) => void>();
  readonly #stray = (error: unknown) => {
    console.error("the engine failed, and nothing handled it:", error);
    for (const fail of [...this.#onStray]) fail(error);
  };
  readonly references = new Map<string, Reference>();

  private constructor(programs: Bundles) {
    this.#programs = programs;
    process.on("unhandledRejection", this.#stray);
  }

  static async start(lanes: number): Promise<Pool> {
    const pool = new Pool(await bundles());
    try {
      await Promise.all(
        Array.from({ length: lanes }, async () => {
          pool.#lanes.push(await pool.#open());
        }),
      );
      return pool;
    } catch (error) {
      await pool.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    process.off("unhandledRejection", this.#stray);
    await Promise.all(this.#lanes.map(({ stage }) => stage.stop()));
  }

  async #open(): Promise<Lane> {
    const stage = await Stage.start(this.#programs);
    const engine = new Engine(stage, this.references);
    try {
      await engine.prepare();
      return { stage, engine };
    } catch (error) {
      await stage.stop();
      throw error;
    }
  }

  /** A control plane that a plan has broken is of no use to the next one. */
  async #renew(lane: Lane): Promise<void> {
    const stopped = lane.stage.stop().catch(() => {});
    await Promise.race([stopped, sleep(STOP_MS, undefined, { ref: false })]);
    for (let attempt = 1; ; attempt++)
      try {
        Object.assign(lane, await this.#open());
        return;
      } catch (error) {
        if (attempt === OPEN_ATTEMPTS) throw error;
      }
  }

  /** Runs each workload once without a fault. Returns where which classes can meet which workloads. */
  async record(workloads: readonly Workload[] = WORKLOADS): Promise<ReturnType<typeof cells>> {
    await this.#share(
      [...workloads],
      (lane, workload) => this.#recordOn(lane, workload, 3),
      ({ engine }, workload) => engine.isAtStartOf(workload),
    );
    const recordings = new Map<string, Recorded[]>();
    for (const [name, { exchanges }] of this.references)
      recordings.set(
        name,
        exchanges.map(({ place, occurrence, request }) => ({ place, occurrence, request })),
      );
    return cells(workloads, recordings);
  }

  async #recordOn(lane: Lane, workload: Workload, attempts: number): Promise<void> {
    try {
      await lane.engine.record(workload);
    } catch (error) {
      if (attempts === 1) throw error;
      await this.#renew(lane);
      await this.#recordOn(lane, workload, attempts - 1);
    }
  }

  /**
   * Runs plans, and reports each as it is done. One that the engine cannot run is run again on a new stage; if it cannot
   * be run there either, that counts as a violation.
   */
  async run(plans: readonly Plan[], onResult: (result: Result) => void): Promise<void> {
    await this.#share(
      [...plans],
      async (lane, plan) => onResult(await this.#runOn(lane, plan, 2)),
      ({ engine }, plan) => engine.isAt(plan),
    );
  }

  async #runOn(lane: Lane, plan: Plan, attempts: number, mutant?: Bundles): Promise<Result> {
    const began = performance.now();
    try {
      return await this.#watched(lane.engine.run(plan, mutant));
    } catch (error) {
      console.error(`the engine failed in ${idOf(plan)}: ${error instanceof Error ? error.stack : error}`);
      await this.#renew(lane);
      if (attempts > 1) return await this.#runOn(lane, plan, attempts - 1, mutant);
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const ms = performance.now() - began;
      return { id: idOf(plan), isStruck: false, violations: [{ oracle: ENGINE, what }], ms };
    }
  }

  /** A result, unless it takes too long, or an error comes that nothing handles: it may be of any lane. */
  async #watched(run: Promise<Result>): Promise<Result> {
    const failed = Promise.withResolvers<never>();
    const timer = setTimeout(() => failed.reject(new Error(`no result after ${PLAN_MS / 1000} s`)), PLAN_MS);
    this.#onStray.add(failed.reject);
    run.catch(() => {}); // it goes on after a failure, on a stage that is being stopped
    try {
      return await Promise.race([run, failed.promise]);
    } finally {
      clearTimeout(timer);
      this.#onStray.delete(failed.reject);
    }
  }

  /**
   * Puts each bug into the operator and runs its plans until one finds it. Reports the plan that did, or the last one
   * that did not.
   */
  async hunt(mutants: readonly Mutant[], onResult: (mutant: Mutant, result: Result) => void): Promise<void> {
    await this.#share(
      [...mutants],
      async (lane, mutant) => {
        const program = await bundles(mutant.patches);
        let result: Result | undefined;
        for (const id of mutant.plans) {
          const found = await this.#runOn(lane, parsePlan(id), 2, program);
          // What the engine cannot run proves nothing.
          const violations = found.violations.filter(({ oracle }) => oracle !== ENGINE);
          result = { ...found, violations };
          if (violations.length === 0) continue;
          // The same plan without the bug: what is wrong then is not the bug's.
          const sound = await this.#runOn(lane, parsePlan(id), 2);
          if (sound.violations.length === 0) break;
          result = { ...result, violations: [] };
        }
        if (result) onResult(mutant, result);
      },
      () => true,
    );
  }

  /** Each lane takes what begins where it is, if there is any. */
  async #share<T>(
    work: T[],
    act: (lane: Lane, item: T) => Promise<void>,
    suits: (lane: Lane, item: T) => boolean,
  ): Promise<void> {
    await Promise.all(
      this.#lanes.map(async (lane) => {
        while (work.length > 0) {
          const next = work.findIndex((item) => suits(lane, item));
          const [item] = work.splice(Math.max(0, next), 1) as [T];
          await act(lane, item);
        }
      }),
    );
  }
}
