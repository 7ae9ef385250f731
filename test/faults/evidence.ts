import type { EndState } from "./end-state.ts";
import type { Plan } from "./plan.ts";
import type { Exchange } from "./stage/proxy.ts";
import type { Timeline } from "./timeline.ts";

/** What a run has left behind: all that the oracles decide by. */
export interface Evidence {
  timeline: Timeline;
  exchanges: readonly Exchange[];
  /** The state at the end. */
  end: EndState;
  /** The pods of tasks that ran on nodes. */
  tasks: readonly { kind: string; node: string }[];
  /** What tasks answered, and the revision since which that could be read: an observer may have missed their pods. */
  answers: readonly { kind: string; node: string; revision: number; message: string }[];
  started: readonly { name: string; node: string }[];
  ended: readonly { name: string; node: string; next: readonly string[] }[];
}

/** A run without a fault, which the others are compared with. */
export interface Reference extends Evidence {
  start: EndState;
}

export interface PlanEvidence extends Evidence {
  plan: Plan;
  start: EndState;
  /** Whether the fault has happened: a run may not come to its place. */
  isStruck: boolean;
  /** How many requests were disturbed, and how many operators were started after the first. */
  faults: number;
  restarts: number;
  /** Whether the plan itself changes objects. */
  isTampered: boolean;
  /** When the run had come to its end and everything was to be still, ms; undefined: it did not come to its end. */
  restAt: number | undefined;
  /** Why operators ended that were not told to. */
  failures: readonly string[];
  /** What the status of the MultusInstall says at the end. */
  lastStatus: string;
  /** What the plan itself found. */
  found: readonly string[];
  /** Which part of the status must have named the list that was held back. */
  heldBack: string | undefined;
  /** What others put on objects and must still be there. */
  isForeignKept: boolean | undefined;
}

/** What is wrong, in words; nothing if all is right. */
export type Oracle = (run: PlanEvidence, reference: Reference) => string[];
