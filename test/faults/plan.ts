/** One experiment: what the user does, what goes wrong, at which request, and the seed of all that is left to chance. */
export interface Plan {
  workload: string;
  class: string;
  /** A request (place.ts), or what a class without one is about: an object, a task of a node. */
  place: string;
  /** The how many-th such request, from 1. */
  occurrence: number;
  seed: number;
}

/** "install-thick:lost-reply:apply-daemonsets-kube-multus-ds:1:7", which `make faults PLAN=…` runs again. */
export function idOf(plan: Plan): string {
  return [plan.workload, plan.class, plan.place, plan.occurrence, plan.seed].join(":");
}

/** Throws for what is not the id of a plan. */
export function parsePlan(id: string): Plan {
  const [workload, name, place, occurrence, seed, ...more] = id.split(":");
  if (
    !workload ||
    !name ||
    !place ||
    more.length > 0 ||
    !/^[1-9]\d*$/.test(occurrence ?? "") ||
    !/^\d+$/.test(seed ?? "")
  )
    throw new Error(`not the id of a plan (workload:class:place:occurrence:seed): ${id}`);
  return { workload, class: name, place, occurrence: Number(occurrence), seed: Number(seed) };
}

/** Numbers in [0, 1) that are the same for the same text: mulberry32 over a hash of it (FNV-1a). */
export function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of these. Throws for none. */
export function pick<T>(random: () => number, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}
