/**
 * Memory and start time over the number of pods and of nodes, next to client-go's informer of metadata, as charts. After
 * make build:
 *
 *   npm exec -- node test/bench/growth.ts [--pods 1000,10000,100000] [--nodes 10,1000,5000]
 *
 * Progress goes to standard error, a table to standard output, the charts to docs/performance/.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startControlPlane } from "../cluster/control-plane.ts";
import { buildInformer } from "./informer.ts";
import { type Line, lineChart } from "./line-chart.ts";
import { Scale, type SizeFigures } from "./scale/run.ts";

const { values } = parseArgs({
  options: {
    pods: { type: "string", default: "1000,10000,100000" },
    nodes: { type: "string", default: "10,1000,5000" },
  },
});
const ascending = (text: string) =>
  text
    .split(",")
    .map(Number)
    .toSorted((a, b) => a - b);
const podCounts = ascending(values.pods);
const nodeCounts = ascending(values.nodes);
const START = { modes: ["metadata"], startOnly: true } as const;
const CHARTS = join(import.meta.dirname, "../../docs/performance");

const informer = await buildInformer();
await using plane = await startControlPlane();
const least = nodeCounts[0] ?? 10;
const scale = await Scale.start(plane, informer, least);
const byNodes = new Map<number, SizeFigures>();
for (const nodes of nodeCounts) {
  await scale.haveNodes(nodes);
  byNodes.set(nodes, await scale.measure(podCounts[0] ?? 1000, START));
}
const most = nodeCounts.at(-1) ?? least;
const byPods = new Map<number, SizeFigures>();
for (const pods of podCounts) {
  const known = pods === podCounts[0] ? byNodes.get(most) : undefined;
  byPods.set(pods, known ?? (await scale.measure(pods, START)));
}
await scale.stop();

mkdirSync(CHARTS, { recursive: true });
const [fewest, crowd] = [podCounts[0] ?? 0, most].map((count) => count.toLocaleString("en"));
const charts = [
  chart("pods", `, ${crowd} nodes`, byPods),
  chart("nodes", `, ${fewest} pods`, byNodes),
].flat();
process.stdout.write(
  [
    "| | resident memory, MiB | client-go informer, metadata, MiB | all reports right after, s | LIST of the pods in JSON, s |",
    "|---|---|---|---|---|",
    ...[...byNodes].map(([nodes, figures]) =>
      row(`${fewest} pods, ${nodes.toLocaleString("en")} nodes`, figures),
    ),
    ...[...byPods]
      .filter(([pods]) => pods !== podCounts[0])
      .map(([pods, figures]) => row(`${pods.toLocaleString("en")} pods, ${crowd} nodes`, figures)),
    "",
    ...charts.map(({ title, file }) => `![${title}](performance/${file})`),
    "",
  ].join("\n"),
);

function chart(what: string, rest: string, figures: ReadonlyMap<number, SizeFigures>) {
  const line = (name: string, y: (of: SizeFigures) => number | undefined): Line => ({
    name,
    points: [...figures].map(([x, of]) => ({ x, y: y(of) ?? Number.NaN })),
  });
  const memory = {
    file: `memory-by-${what}.svg`,
    title: `Resident memory by number of ${what}${rest}`,
    yLabel: "MiB",
    lines: [
      line("multus-operator", (of) => of.memory.resident),
      line("client-go informer, metadata", (of) => of.informers[0]?.memory.resident),
    ],
  };
  const start = {
    file: `start-by-${what}.svg`,
    title: `Start by number of ${what}${rest}`,
    yLabel: "seconds",
    lines: [
      line("all reports right", (of) => of.startMs / 1000),
      line("LIST of the pods, thrown away", (of) => of.listJsonMs / 1000),
    ],
  };
  for (const { file, ...drawn } of [memory, start])
    writeFileSync(join(CHARTS, file), lineChart({ ...drawn, xLabel: what }));
  return [memory, start];
}

function row(what: string, { memory, informers, startMs, listJsonMs }: SizeFigures): string {
  const mib = (value = Number.NaN) => value.toFixed(0);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  return `| ${what} | ${mib(memory.resident)} | ${mib(informers[0]?.memory.resident)} | ${seconds(startMs)} | ${seconds(listJsonMs)} |`;
}
