/** When a node was looked at last, and what for. */
export interface Looked {
  key: string;
  at: number;
  /** It found nothing wrong; undefined: it failed. */
  fine: boolean | undefined;
  /** How many looks in a row were not fine. */
  notFine: number;
  /** Something has happened since that a look may explain: a pod there got no network. */
  suspected?: boolean;
  /** How many looks in a row were for such a thing, and found nothing wrong. */
  inVain?: number;
}

export const PERIOD_SECONDS = 3600;
/** A part of the period, so that nodes that joined together are not looked at together for ever. */
const JITTER = 0.1;
/** Whatever happens on a node, it is not looked at more often than this, s. */
const SHORTEST_SECONDS = 10;
/** After a look that found something wrong, or that failed; it doubles up to the next, or up to the period. */
const FIRST_AGAIN_SECONDS = 10;
/** What is mended on a node is not to be called broken for longer than this. Ten looks at a time serve a thousand such nodes. */
const LONGEST_WHILE_WRONG_SECONDS = 300;
/** Pods that get no network for a reason of their own, such as a wrong NAD, do so all day: the wait doubles up to this, s. */
const LONGEST_FOR_SUSPICION = 900;

/**
 * In how many seconds a node is to be looked at: 0, now.
 * @param key what the last look was for: another one is due as soon as it changes
 * @param random 0 to 1
 */
export function nextLook(looked: Looked | undefined, key: string, now: number, random: number): number {
  if (!looked) return 0;
  const since = (now - looked.at) / 1000;
  return Math.max(0, dueSeconds(looked, key, random) - since);
}

function dueSeconds(looked: Looked, key: string, random: number): number {
  const { fine, notFine, suspected, inVain = 0 } = looked;
  if (looked.key !== key) return SHORTEST_SECONDS;
  if (!fine) {
    const longest = fine === false ? LONGEST_WHILE_WRONG_SECONDS : PERIOD_SECONDS;
    return Math.min(FIRST_AGAIN_SECONDS * 2 ** (notFine - 1), longest);
  }
  if (suspected) return Math.min(SHORTEST_SECONDS * 2 ** inVain, LONGEST_FOR_SUSPICION);
  return PERIOD_SECONDS * (1 - JITTER + 2 * JITTER * random);
}
