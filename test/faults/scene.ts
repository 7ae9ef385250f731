import { idOf, type Plan, randomOf } from "./plan.ts";
import type { Exchange, Fate } from "./stage/proxy.ts";
import type { Stage } from "./stage/stage.ts";
import type { Victim } from "./stage/victim.ts";

/** One plan while it runs: what its fault may do, and what came of it. */
export class Scene {
  readonly stage: Stage;
  readonly plan: Plan;
  readonly random: () => number;
  isStruck = false;
  /** Requests that were disturbed. */
  faults = 0;
  restarts = 0;
  /** Everything has come to rest: no fault happens any longer. */
  isOver = false;
  readonly found: string[] = [];
  /** Victims that may end by an error. */
  readonly doomed = new Set<Victim>();
  heldBack: string | undefined;
  /** The name of an object that another owner has taken over, and that must be left alone. */
  survivor: string | undefined;
  /** The leader may be another one since then. */
  leadershipAt: { ms: number; lostBy: number | undefined } | undefined;
  /** Whether the plan's resource may not be read now. */
  isRefusing = false;
  /** What the engine itself could not do: the plan has to be run again. */
  readonly errors: unknown[] = [];
  /** What is still to be awaited before the run can come to its end. None of it fails. */
  readonly pending: Promise<unknown>[] = [];
  /** The history's last revision when the plan began. */
  readonly revision: number;

  constructor(stage: Stage, plan: Plan) {
    this.stage = stage;
    this.plan = plan;
    this.random = randomOf(idOf(plan));
    this.revision = stage.observer.revision;
  }

  /** Whether this is the plan's request, or one of the next `times` requests like it. */
  isAt({ place, occurrence }: Exchange, times = 1): boolean {
    return (
      place === this.plan.place &&
      occurrence >= this.plan.occurrence &&
      occurrence < this.plan.occurrence + times
    );
  }

  /** The fault happens. */
  strike(fate?: Fate): Fate | undefined {
    this.isStruck = true;
    this.faults++;
    return fate;
  }

  /** Grows with everything that the plan does. */
  get disturbances(): number {
    return this.faults + this.restarts + this.pending.length;
  }

  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }

  victim(index: number): Victim {
    const victim = this.stage.victims[index];
    if (!victim) throw new Error(`no operator ${index}`);
    return victim;
  }

  /** The operator dies, and the next one is started by its ReplicaSet. */
  crash(index: number): void {
    this.restarts++;
    const next = this.victim(index)
      .kill()
      .then(() => this.stage.startVictim());
    this.meanwhile(next);
  }

  /** The lease is another's soon: of anyone, or of all but the one that loses it. */
  loseLease(lostBy?: number): void {
    this.restarts++;
    this.leadershipAt = { ms: performance.now(), lostBy };
  }

  /** Something that goes on meanwhile. */
  meanwhile(work: Promise<unknown>): void {
    this.pending.push(work.catch((error: unknown) => this.errors.push(error)));
  }
}

export async function after(ms: number, act: () => unknown = () => {}): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  await act();
}
