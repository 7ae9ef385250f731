/** A list may take this long although nothing is wrong, s: an operator that starts after the timeout asks too. */
const MIN_PATIENCE_SECONDS = 30;

/** In place of a node's name. */
export const ALL_NODES = "all nodes";

/**
 * Whether a deletion goes on although it is not known which nodes there are: spec.uninstall.timeout is over, and this
 * operator, which may have started after that, has asked for as long.
 * @param unknownSeconds for how long they have not been known
 */
export function isGivenUp(late: boolean, timeoutSeconds: number, unknownSeconds: number): boolean {
  return late && unknownSeconds >= Math.max(timeoutSeconds, MIN_PATIENCE_SECONDS);
}
