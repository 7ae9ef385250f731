/**
 * Half an hour of changes, with restarts of the API server: does memory grow, and is a change missed? After make build:
 *
 *   npm exec -- node test/bench/soak.ts [--minutes 30] [--rate 50] [--restarts 3] [--pods 2000]
 *
 * Of the changes, four in five are of what the operator does not keep, one in ten deletes a pod, and one in ten creates
 * one; next to them one pod loses its network and gets it back all the time. Growth is the slope of a regression line
 * through the least resident memory of each half minute, after the first third of the time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startControlPlane } from "../cluster/control-plane.ts";
import { budgetTable, progress } from "./budgets.ts";
import { memoryOf, slopePerHour } from "./process-figures.ts";
import { Scale } from "./scale/run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "50" },
    restarts: { type: "string", default: "3" },
    pods: { type: "string", default: "2000" },
  },
});
const [minutes, rate, restarts, pods] = [values.minutes, values.rate, values.restarts, values.pods].map(
  Number,
) as [number, number, number, number];
const WINDOW_MS = 30_000;

await using plane = await startControlPlane();
const scale = await Scale.start(plane, undefined);
const samples: { at: number; mib: number }[] = [];
let least = Number.POSITIVE_INFINITY;
let windowEnds = performance.now() + WINDOW_MS;
let restarted = 0;
const begun = performance.now();
const found = await scale.soak(pods, {
  ms: minutes * 60_000,
  rate,
  async tick(pid) {
    const now = performance.now();
    least = Math.min(least, memoryOf(pid).resident);
    if (now > windowEnds) {
      samples.push({ at: now, mib: least });
      [least, windowEnds] = [Number.POSITIVE_INFINITY, now + WINDOW_MS];
      progress(`${Math.round((now - begun) / 1000)} s: ${samples.at(-1)?.mib.toFixed(1)} MiB`);
    }
    if (restarted < restarts && now - begun > ((restarted + 1) * minutes * 60_000) / (restarts + 1)) {
      restarted++;
      progress("the API server restarts");
      await plane.apiserver.restart();
    }
    await sleep(500);
  },
});
await scale.stop();
const steady = samples.slice(Math.ceil(samples.length / 3));
const growth = slopePerHour(steady);
const [first, last] = [steady[0]?.mib ?? Number.NaN, steady.at(-1)?.mib ?? Number.NaN];
process.stdout.write(
  [
    budgetTable([
      { measure: "growth of resident memory, MiB an hour", measured: growth.toFixed(1), budget: "1" },
      {
        measure: "resident memory after the first third; at the end, MiB",
        measured: `${first.toFixed(1)}; ${last.toFixed(1)}`,
      },
      {
        measure: `reports that are not right at the end, of ${found.reports}`,
        measured: String(found.wrongReports),
        budget: "0",
      },
      {
        measure: `changes of one pod that its report did not show, of ${found.marks}`,
        measured: String(found.missed),
        budget: "0",
      },
    ]),
    `${minutes} minutes, ${pods} pods, ${found.rate.toFixed(0)} changes a second (${rate} asked for), ${restarted} restarts of the API server.`,
    "",
  ].join("\n"),
);
