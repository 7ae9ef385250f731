/**
 * The operator with many pods, next to client-go's informers, on a real kube-apiserver and etcd: resident memory, the time
 * from a start until all reports are right, the time from a change to its report, on a quiet cluster and under 250 changes
 * a second, the CPU time of that, and whether the operator survives in a cgroup with the chart's memory limit.
 *
 *   npm run -s build && npm exec -- node test/bench/scale.ts [--sizes 0,20000,100000] [--limit-at 150000] [--json FILE]
 *
 * Root, for the cgroup. Progress goes to standard error, the result as Markdown to standard output.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startControlPlane } from "../cluster/control-plane.ts";
import { buildInformer } from "./informer.ts";
import { Scale, type SizeFigures } from "./scale/run.ts";
import { bareNode } from "./scale/shipped.ts";
import { markdown } from "./scale/table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "0,20000,100000" },
    "limit-at": { type: "string", default: "150000" },
    json: { type: "string" },
    /** A quick look at one thing while developing. */
    "without-informers": { type: "boolean", default: false },
  },
});
const sizes = values.sizes.split(/[ ,]+/).filter(Boolean).map(Number);
const limitAt = Number(values["limit-at"]);
if ([...sizes, limitAt].some((size) => !Number.isInteger(size) || size < 0))
  throw new Error("--sizes and --limit-at are numbers of pods");

const informer = values["without-informers"] ? undefined : await buildInformer();
await using plane = await startControlPlane();
const scale = await Scale.start(plane, informer);
const figures: SizeFigures[] = [];
for (const size of sizes.toSorted((a, b) => a - b)) figures.push(await scale.measure(size));
const limited = limitAt > 0 ? await scale.withinLimit(limitAt) : undefined;
await scale.stop();
const result = { podBytes: scale.podBytes, figures, limited, bare: bareNode() };
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(markdown(result));
