import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Result } from "./engine.ts";
import { idOf, type Plan, parsePlan } from "./plan.ts";

/** A result with when and on which commit it was found. */
export interface Kept extends Result {
  commit: string;
  at: string;
}

/** The plans of a long run and their results, a line each, so that it can be ended and continued at any moment. */
export class Results {
  readonly #file: string;
  readonly plans: readonly Plan[];
  readonly kept: Kept[];

  private constructor(file: string, plans: readonly Plan[], kept: Kept[]) {
    this.#file = file;
    this.plans = plans;
    this.kept = kept;
  }

  /** Those of the file, or new ones. @param choose the plans, if there is no file */
  static async open(file: string, choose: () => Promise<readonly Plan[]>): Promise<Results> {
    if (!existsSync(file)) {
      const plans = await choose();
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify({ plans: plans.map(idOf) })}\n`);
    }
    const [head = "{}", ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
    const { plans } = JSON.parse(head) as { plans: string[] };
    return new Results(
      file,
      plans.map(parsePlan),
      lines.map((line) => JSON.parse(line) as Kept),
    );
  }

  /** The last result of each plan. */
  get last(): Kept[] {
    return [...new Map(this.kept.map((result) => [result.id, result])).values()];
  }

  /** Those that have no result yet. @param again and those whose last result has violations */
  left(again: boolean): Plan[] {
    const done = this.last.filter(({ violations }) => !again || violations.length === 0);
    const ids = new Set(done.map(({ id }) => id));
    return this.plans.filter((plan) => !ids.has(idOf(plan)));
  }

  add(result: Result, commit: string): void {
    const kept = { ...result, commit, at: new Date().toISOString() };
    this.kept.push(kept);
    appendFileSync(this.#file, `${JSON.stringify(kept)}\n`);
  }
}
