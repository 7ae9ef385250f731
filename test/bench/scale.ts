/**
 * The operator with many pods, next to client-go's informers, on a real kube-apiserver and etcd: resident memory, the time
 * from a start until all reports are right, the time from a change to its report, on a quiet cluster and under 250 changes
 * a second, and the CPU time of that. After make build:
 *
 *   npm exec -- node test/bench/scale.ts [--sizes 0,20000,100000] [--informers metadata,stripped,typed] [--json FILE]
 *
 * Progress goes to standard error, the result as Markdown to standard output.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startControlPlane } from "../cluster/control-plane.ts";
import { buildInformer, INFORMER_MODES } from "./informer.ts";
import { Scale, type SizeFigures } from "./scale/run.ts";
import { bareNode } from "./scale/shipped.ts";
import { markdown } from "./scale/table.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "0,20000,100000" },
    informers: { type: "string", default: INFORMER_MODES.join() },
    json: { type: "string" },
  },
});
const sizes = values.sizes.split(/[ ,]+/).filter(Boolean).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 0)) throw new Error("--sizes are numbers of pods");
const modes = INFORMER_MODES.filter((mode) => values.informers.split(",").includes(mode));

const informer = modes.length > 0 ? await buildInformer() : undefined;
await using plane = await startControlPlane();
const scale = await Scale.start(plane, informer);
const figures: SizeFigures[] = [];
for (const size of sizes.toSorted((a, b) => a - b)) figures.push(await scale.measure(size, { modes }));
await scale.stop();
const result = { podBytes: scale.podBytes, figures, bare: bareNode() };
if (values.json) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(markdown(result));
