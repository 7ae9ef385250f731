import { availableParallelism, loadavg } from "node:os";

/**
 * What the operator is promised to need at most on an idle machine, in any unit of time, made longer by as much as this
 * one is busy: other test files share its cores, and a start of a cluster beside takes all of them for seconds.
 */
export function promised(whenIdle: number): number {
  const [lastMinute = 0] = loadavg();
  return whenIdle * Math.max(1, (4 * lastMinute) / availableParallelism());
}
