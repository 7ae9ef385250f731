/**
 * Whether the operator survives with many pods in a cgroup with the chart's memory limit. After make build, as root:
 *
 *   npm exec -- node test/bench/limit.ts [PODS]
 */
import { startControlPlane } from "../cluster/control-plane.ts";
import { budgetTable } from "./budgets.ts";
import { Scale } from "./scale/run.ts";

const pods = Number(process.argv[2] ?? 150_000);
await using plane = await startControlPlane();
const scale = await Scale.start(plane, undefined);
const { limitMiB, survived, peakMiB, startMs, load } = await scale.withinLimit(pods);
await scale.stop();
const number = (value: number | undefined, digits = 0) => value?.toFixed(digits) ?? "not reached";
process.stdout.write(
  `${budgetTable([
    { measure: "OOM-killed", measured: survived ? "no" : "yes", budget: "no" },
    {
      measure: "peak of the cgroup, page cache included, MiB",
      measured: number(peakMiB),
      budget: String(limitMiB),
    },
    { measure: "all reports right after the start, s", measured: number(startMs && startMs / 1000, 1) },
    {
      measure: "250 changes/s of fields that are not kept: a change → report, p99, ms",
      measured: number(load?.p99Ms),
      budget: "1,000",
    },
    { measure: "the same: the operator's CPU, cores", measured: number(load?.cores, 2), budget: "0.1" },
  ])}\n${pods.toLocaleString("en")} pods of ${scale.podBytes} bytes as JSON, the chart's limit of ${limitMiB} MiB.\n`,
);
