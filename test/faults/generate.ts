import { CLASSES, classOf, type FaultClass } from "./classes.ts";
import type { Request } from "./place.ts";
import { type Plan, pick, randomOf } from "./plan.ts";
import type { Workload } from "./workloads.ts";

/** A request of a run without a fault, at its place. */
export interface Recorded {
  place: string;
  occurrence: number;
  request: Request;
}
/** What was recorded of each workload. */
export type Recordings = ReadonlyMap<string, readonly Recorded[]>;

interface Cell {
  workload: Workload;
  faultClass: FaultClass;
  places: readonly { place: string; occurrence: number }[];
}

/** A class meets a workload at these places; none for a workload that it makes no sense with. */
export function cells(workloads: readonly Workload[], recordings: Recordings): Cell[] {
  return workloads.flatMap((workload) =>
    CLASSES.flatMap((faultClass) => {
      const wanted = faultClass.workloads;
      if (wanted ? !wanted.includes(workload.name) : workload.name === "rest") return [];
      const places = placesOf(faultClass, recordings.get(workload.name) ?? []);
      return places.length > 0 ? [{ workload, faultClass, places }] : [];
    }),
  );
}

function placesOf({ at, places, group }: FaultClass, recorded: readonly Recorded[]) {
  if (at)
    return recorded
      .filter(({ request }) => at(request))
      .map(({ place, occurrence }) => ({ place, occurrence }));
  const ran = (place: string) =>
    group !== "node tasks" ||
    recorded.some(({ place: at }) => at === `create-pods-multus-operator-${place.split("-")[0]}`);
  return (places ?? []).filter(ran).map((place) => ({ place, occurrence: 1 }));
}

/**
 * `count` plans, the same for the same seed: at least one of each class with each workload, then each place in turn,
 * each with a different seed.
 */
export function plansOf(all: readonly Cell[], count: number, seed: number): Plan[] {
  const random = randomOf(`plans ${seed}`);
  const decks = all.map((cell) => ({ cell, deck: shuffled(random, cell.places), dealt: 0 }));
  const plans: Plan[] = [];
  for (let round = 0; plans.length < count; round++) {
    const before = plans.length;
    for (const each of shuffled(random, decks)) {
      const { cell, deck } = each;
      if (round % (cell.faultClass.rarity ?? 1) !== 0) continue;
      const at = deck[each.dealt % deck.length];
      if (!at || plans.length >= count) continue;
      each.dealt++;
      const { workload, faultClass } = cell;
      plans.push({
        workload: workload.name,
        class: faultClass.name,
        ...at,
        seed: Math.floor(random() * 1e6),
      });
    }
    if (plans.length === before && round > 100) break;
  }
  return plans;
}

/**
 * Of the sample as few plans as meet each group of classes and each workload that it has: what `make test` runs. Each
 * next one brings the most that is new.
 */
export function smallSampleOf(all: readonly Cell[], seed: number): Plan[] {
  const left = sampleOf(all, seed);
  const seen = new Set<string>();
  const news = ({ workload, class: name }: Plan) =>
    [workload, classOf(name).group].filter((what) => !seen.has(what));
  const plans: Plan[] = [];
  for (;;) {
    const most = Math.max(0, ...left.map((plan) => news(plan).length));
    if (most === 0) return plans;
    const [next] = left.splice(
      left.findIndex((plan) => news(plan).length === most),
      1,
    );
    if (!next) return plans;
    for (const what of news(next)) seen.add(what);
    plans.push(next);
  }
}

/** One plan of each class with a workload of its, and of each workload with a class of its. */
export function sampleOf(all: readonly Cell[], seed: number): Plan[] {
  const random = randomOf(`sample ${seed}`);
  const classes = new Set<string>();
  const counts = new Map<string, number>();
  const plans: Plan[] = [];
  const names = [...new Set(all.map(({ faultClass }) => faultClass.name))];
  const take = ({ workload, faultClass, places }: Cell) => {
    classes.add(faultClass.name);
    counts.set(workload.name, (counts.get(workload.name) ?? 0) + 1);
    plans.push({
      workload: workload.name,
      class: faultClass.name,
      ...pick(random, places),
      seed: Math.floor(random() * 1e6),
    });
  };
  for (const name of names) {
    const possible = all.filter(({ faultClass }) => faultClass.name === name);
    // Where it has been least yet.
    const least = Math.min(...possible.map(({ workload }) => counts.get(workload.name) ?? 0));
    take(
      pick(
        random,
        possible.filter(({ workload }) => (counts.get(workload.name) ?? 0) === least),
      ),
    );
  }
  for (const { workload } of all)
    if (!counts.has(workload.name))
      take(
        pick(
          random,
          all.filter((cell) => cell.workload === workload),
        ),
      );
  return plans;
}

function shuffled<T>(random: () => number, from: readonly T[]): T[] {
  return from
    .map((value) => ({ value, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
