import { isDeepStrictEqual } from "node:util";
import { classOf, isForeignKept, markForeign } from "./classes.ts";
import { type EndState, endState } from "./end-state.ts";
import type { PlanEvidence, Reference } from "./evidence.ts";
import { takes } from "./oracles/writes.ts";
import type { Plan } from "./plan.ts";
import { after, Scene } from "./scene.ts";
import type { Decide, Exchange } from "./stage/proxy.ts";
import { NODE_NAMES, type Stage } from "./stage/stage.ts";
import type { Victim } from "./stage/victim.ts";
import { type Workload, workloadOf } from "./workloads.ts";

/** A run that has not come to its end by then has failed, ms. */
const END_MS = 40_000;
/** An operator inspects nodes at the latest this long after its start, ms. */
const INSPECTED_MS = 15_000;
/** A lease lasts 15 s on the clock of the operators, and is tried for every 2 s. */
const LED_MS = 20_000;
const INSTALL = "MultusInstall multus";
const SEEN_MS = 200;
/**
 * Everything is still if no request comes for this long, ms, and none while each operator answers the engine: on a busy
 * machine its requests are late, and so is that answer. The controller of installs gathers changes for 100 ms.
 */
const STILL_MS = 250;
/** In a whole operator, the reports (100 ms) and their summary (200 ms) may gather the same change before that controller. */
const WHOLE_STILL_MS = 600;
const STILL_TIMEOUT_MS = 8000;

/** Runs a plan on a stage that is in the workload's start state. The stage's operators have ended afterwards. */
export async function runPlan(stage: Stage, plan: Plan, reference: Reference): Promise<PlanEvidence> {
  const workload = workloadOf(plan.workload);
  const faultClass = classOf(plan.class);
  if (faultClass.group === "drift") await markForeign(new Scene(stage, plan));
  stage.begin();
  const scene = new Scene(stage, plan);
  const start = endState(stage.observer.state);
  stage.decide = decideOf(scene);
  try {
    await startVictims(stage, faultClass.isReplicated ?? false, faultClass.isImpatient ?? false);
    if (faultClass.act) await untilInspected(stage);
    await workload.act(stage);
    await faultClass.act?.(scene);
    // The state is the observer's, to which the plan's own changes come within a moment.
    if (faultClass.act) await after(SEEN_MS);
    const restAt = await settle(stage, scene, reference.end);
    await Promise.all(scene.pending);
    if (scene.errors.length > 0) throw scene.errors[0];
    return evidenceOf(scene, workload, start, restAt);
  } finally {
    await Promise.all(scene.pending);
    await stage.endVictims();
    stage.decide = () => undefined;
    stage.nodes.behave = () => "answers";
  }
}

/** A fault that could not be done is the engine's error, and the request goes on. At rest nothing is disturbed. */
function decideOf(scene: Scene): Decide {
  const decide = classOf(scene.plan.class).decide?.(scene);
  return async (exchange) => {
    if (scene.isOver) return undefined;
    try {
      return await decide?.(exchange);
    } catch (error) {
      scene.errors.push(error);
      return undefined;
    }
  };
}

/** The run without a fault. */
export async function record(
  stage: Stage,
  workload: Workload,
  isReached: (end: EndState) => boolean,
): Promise<Reference> {
  stage.begin();
  const start = endState(stage.observer.state);
  try {
    const victim = await stage.startVictim();
    if (workload.name === "rest") await untilInspected(stage);
    await workload.act(stage);
    const reached = () => isReached(endState(stage.observer.state));
    if (!(await stage.observer.until(reached, END_MS)))
      throw new Error(
        `${workload.name} does not come to its end without a fault: ${statusText(stage)} ${victim.failure ?? ""}`,
      );
    await untilStill(stage, 1000);
    if (!reached()) throw new Error(`${workload.name} does not stay at its end: ${statusText(stage)}`);
    const pods = stage.nodes.started.filter(({ name }) => name === "multus").length;
    if (workload.isRollout && pods < NODE_NAMES.length)
      throw new Error(`${workload.name} is no rollout: ${pods} pods of Multus were started`);
    return { ...found(stage), start };
  } finally {
    await stage.endVictims();
  }
}

async function startVictims(stage: Stage, isReplicated: boolean, isImpatient: boolean): Promise<void> {
  if (!isReplicated) {
    await stage.startVictim({ isImpatient });
    return;
  }
  await stage.startVictim({ isReplica: true });
  await until(() => stage.exchanges.some(({ place }) => place === "list-multusinstalls"), 5000);
  await stage.startVictim({ isReplica: true });
}

/** When the end was reached and all was still; undefined if it was not. */
async function settle(stage: Stage, scene: Scene, expected: EndState): Promise<number | undefined> {
  const isReached = () => isDeepStrictEqual(endOf(scene), withoutSurvivor(expected, scene));
  const deadline = performance.now() + END_MS;
  for (;;) {
    if (!(await stage.observer.until(isReached, END_MS))) return undefined;
    const { disturbances } = scene;
    await Promise.all(scene.pending);
    await untilLed(scene);
    if (expected[INSTALL] !== undefined) await untilInspected(stage);
    await untilStill(stage);
    // The plan's request may come after the end is reached, such as a later status: what follows is part of the run.
    if (scene.disturbances === disturbances) break;
    if (performance.now() > deadline) return undefined;
  }
  scene.isOver = true;
  if (!(await stage.observer.until(isReached, END_MS))) return undefined;
  const restAt = performance.now();
  await stage.nudge();
  await untilStill(stage);
  return restAt;
}

/** Until a replica has the lease again, and each other one has seen that. */
async function untilLed({ stage, leadershipAt, found }: Scene): Promise<void> {
  if (leadershipAt === undefined) return;
  const { ms, lostBy } = leadershipAt;
  const isLed = () => {
    // A leader renews what it has taken: the first of its writes since another's counts.
    const writes = stage.exchanges.filter((exchange) => takes(exchange) && exchange.at > ms);
    const leader = writes.at(-1)?.victim;
    const taken = writes.at(writes.findLastIndex(({ victim }) => victim !== leader) + 1);
    if (!taken || taken.victim === lostBy) return false;
    const knows = (index: number) =>
      index === taken.victim ||
      stage.victims[index]?.failure !== undefined ||
      stage.exchanges.some(
        ({ victim, at, request, status }) =>
          victim === index && at > taken.at && request.plural === "leases" && status !== undefined,
      );
    return stage.victims.every(({ isAlive }, index) => !isAlive || knows(index));
  };
  if (!(await until(isLed, LED_MS))) found.push("no replica has the lease");
}

/**
 * What an operator knows of nodes is lost with it: the one that writes now inspects each again, after a moment. One that was
 * started a moment ago may not have asked for anything yet.
 */
async function untilInspected(stage: Stage): Promise<void> {
  const isInspected = () => {
    const sent = stage.exchanges.filter(({ victim }) => stage.victims[victim]?.isAlive);
    const active = (sent.findLast(takes) ?? sent.findLast(isOfInstalls))?.victim;
    const inspections = stage.exchanges.filter(
      ({ victim, place }) => victim === active && place === "delete-pods-multus-operator-inspect",
    );
    return inspections.length >= NODE_NAMES.length;
  };
  await until(isInspected, INSPECTED_MS);
  await untilStill(stage);
}

/** Until no operator has asked for anything for a while, but for leases. */
async function untilStill(
  stage: Stage,
  ms = stage.victims.some(({ isWhole }) => isWhole) ? WHOLE_STILL_MS : STILL_MS,
): Promise<void> {
  const last = () =>
    stage.exchanges.findLast(({ request }) => !["leases", "events"].includes(request.plural))?.at ?? 0;
  const since = performance.now();
  while (performance.now() - since < STILL_TIMEOUT_MS) {
    await until(() => performance.now() - Math.max(last(), since) > ms, STILL_TIMEOUT_MS);
    const before = last();
    await Promise.all(stage.victims.map((victim) => victim.timers()));
    if (last() === before) return;
  }
}

const isOfInstalls = ({ request }: Exchange) => request.plural === "multusinstalls";

/** False after `ms`. */
async function until(isTrue: () => boolean, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!isTrue()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

function endOf({ stage, survivor }: Scene): EndState {
  const found = endState(stage.observer.state);
  return survivor === undefined
    ? found
    : Object.fromEntries(Object.entries(found).filter(([key]) => key !== survivor));
}

function withoutSurvivor(expected: EndState, { survivor }: Scene): EndState {
  return Object.fromEntries(Object.entries(expected).filter(([key]) => key !== survivor));
}

function found(stage: Stage) {
  return {
    timeline: stage.observer.timeline,
    exchanges: [...stage.exchanges],
    end: endState(stage.observer.state),
    tasks: [...stage.nodes.tasks],
    answers: [...stage.nodes.answers],
    started: [...stage.nodes.started],
    ended: [...stage.nodes.ended],
  };
}

function evidenceOf(
  scene: Scene,
  workload: Workload,
  start: EndState,
  restAt: number | undefined,
): PlanEvidence {
  const { stage, plan, survivor } = scene;
  const faultClass = classOf(plan.class);
  const watchesForeign = faultClass.group === "drift" || (plan.class === "race" && workload.to !== "empty");
  const isGone = survivor !== undefined && !stage.observer.state.has(survivor);
  return {
    ...found(stage),
    ...{ plan, start, restAt, end: endOf(scene) },
    isStruck: scene.isStruck,
    faults: scene.faults,
    restarts: scene.restarts,
    isTampered: (faultClass.isTampering ?? false) || workload.name === "paused-drift",
    failures: stage.victims.flatMap((victim) => unexpected(scene, victim)),
    lastStatus: statusText(stage),
    found: [...scene.found, ...(isGone ? [`${survivor} of another owner was deleted`] : [])],
    heldBack: scene.isStruck ? scene.heldBack : undefined,
    isForeignKept: watchesForeign && scene.isStruck ? isForeignKept(scene) : undefined,
  };
}

function unexpected(scene: Scene, victim: Victim): string[] {
  return victim.failure !== undefined && !scene.doomed.has(victim) ? [victim.failure] : [];
}

function statusText(stage: Stage): string {
  const status = stage.observer.state.get("MultusInstall multus")?.status;
  const { conditions = [], warnings = [] } = (status ?? {}) as {
    conditions?: { type: string; reason: string; message: string }[];
    warnings?: string[];
  };
  return [...conditions.map(({ type, reason, message }) => `${type} ${reason} ${message}`), ...warnings].join(
    "; ",
  );
}
