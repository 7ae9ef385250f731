/** When a node was inspected last, and what for. */
export interface LastInspection {
  key: string;
  at: number;
  /** It found nothing wrong; undefined: it failed. */
  fine: boolean | undefined;
  /** How many inspections in a row were not fine. */
  notFine: number;
  /** Something has happened since that an inspection may explain: a pod there got no network. */
  suspected?: boolean;
  /** The operator has changed something on the node since: what was seen is still true but for that. */
  outdated?: boolean;
  /** How many inspections in a row were for such a thing, and found nothing wrong. */
  inVain?: number;
}

/** Of a cluster with few nodes. */
const MIN_PERIOD_SECONDS = 3600;
/** Periodic inspections of all nodes together come no faster than this, s: one costs some eight writes (ADR 3). */
const SECONDS_BETWEEN_PERIODIC = 10;
/** A part of the period, so that nodes that joined together are not always inspected together. */
const JITTER = 0.1;
/** Whatever happens on a node, it is not inspected more often than this, s. */
const MIN_SECONDS = 10;
/** After an inspection that found something wrong, or that failed; it doubles up to the next, or up to the period. */
const FIRST_AGAIN_SECONDS = 10;
/** What is fixed on a node is not to be called broken for longer than this part of the period: five minutes, of an hour. */
const MAX_WRONG_PART = 1 / 12;
/** Pods that get no network for a reason of their own, such as a wrong NAD, do so all day: the wait doubles up to this, s. */
const MAX_SUSPICION_SECONDS = 900;

/** After how many seconds a node of which nothing is known to have changed is inspected again. */
export function periodSeconds(nodes: number): number {
  return Math.max(MIN_PERIOD_SECONDS, nodes * SECONDS_BETWEEN_PERIODIC);
}

export interface InspectionTime {
  /** What the last inspection was for: another one is due as soon as it changes. */
  key: string;
  /** By the clock of `LastInspection.at`, in milliseconds. */
  now: number;
  /** 0 to 1. */
  random: number;
  /** Between periodic inspections, in seconds. */
  period?: number;
}

/**
 * In how many seconds a node is to be inspected: 0, now.
 */
export function nextInspection(
  last: LastInspection | undefined,
  { key, now, random, period = MIN_PERIOD_SECONDS }: InspectionTime,
): number {
  if (!last || last.outdated) return 0;
  const since = (now - last.at) / 1000;
  return Math.max(0, dueSeconds(last, key, random, period) - since);
}

/** Whether an inspection that is due has no other reason than the time: a new node, a change or a suspicion comes first. */
export function isPeriodic(last: LastInspection | undefined, key: string): boolean {
  return last !== undefined && last.key === key && last.fine === true && !last.suspected && !last.outdated;
}

function dueSeconds(last: LastInspection, key: string, random: number, period: number): number {
  const { fine, notFine, suspected, inVain = 0 } = last;
  if (last.key !== key) return MIN_SECONDS;
  if (!fine) {
    const longest = fine === false ? period * MAX_WRONG_PART : period;
    return Math.min(FIRST_AGAIN_SECONDS * 2 ** (notFine - 1), longest);
  }
  if (suspected) return Math.min(MIN_SECONDS * 2 ** inVain, MAX_SUSPICION_SECONDS);
  return period * (1 - JITTER + 2 * JITTER * random);
}

/** Gives the nodes whose periodic inspection is due their turns, also if thousands become due together. */
export class PeriodicTurns {
  /** Node → when its turn is, ms. */
  readonly #turns = new Map<string, number>();
  #last = Number.NEGATIVE_INFINITY;

  /** In how many ms the node's turn is; 0: now. It keeps its turn until it was inspected. */
  wait(node: string, now: number): number {
    const known = this.#turns.get(node);
    if (known !== undefined) return Math.max(0, known - now);
    this.#last = Math.max(now, this.#last + SECONDS_BETWEEN_PERIODIC * 1000);
    this.#turns.set(node, this.#last);
    return this.#last - now;
  }

  /** The node was inspected, for whatever reason, or is gone. */
  done(node: string): void {
    this.#turns.delete(node);
  }
}
