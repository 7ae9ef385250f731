import type { InformerFigures, Load, SizeFigures } from "./run.ts";

export interface ScaleResult {
  /** Of a pod as JSON. */
  podBytes: number;
  figures: readonly SizeFigures[];
  /** Resident memory of Node without a program, and with TLS loaded, MiB. */
  bare: { node: number; withTls: number };
}

/** What is promised (docs/performance.md), by number of pods. */
const MEMORY_BUDGET: Record<number, number> = { 0: 64, 20000: 80, 100000: 128 };
const START_BUDGET = 1.3;
const P99_BUDGET_MS = 1000;
const CORES_BUDGET = 0.1;

/** The measurements as Markdown tables, good or bad. */
export function markdown({ podBytes, figures, bare }: ScaleResult): string {
  const columns = figures.map(({ pods }) => `${pods.toLocaleString("en")} pods`);
  const rows = [
    row("resident memory, MiB (budget)", figures, ({ pods, memory }) =>
      withBudget(mib(memory.resident), MEMORY_BUDGET[pods]),
    ),
    row("of which anonymous, MiB", figures, ({ memory }) => mib(memory.anonymous)),
    row("peak, with everything below, MiB", figures, ({ memory }) => mib(memory.peak)),
    row("all reports right after the start, s", figures, ({ startMs }) => seconds(startMs)),
    row(
      "LIST in pages of 500, discarded, s: JSON; protobuf",
      figures,
      ({ listJsonMs, listProtobufMs }) => `${seconds(listJsonMs)}; ${seconds(listProtobufMs)}`,
    ),
    row(`start ÷ LIST in JSON (budget ${START_BUDGET})`, figures, ({ pods, startMs, listJsonMs }) =>
      pods === 0 ? "" : (startMs / listJsonMs).toFixed(2),
    ),
    row(
      "one change → report, ms: median; worst",
      figures,
      ({ single }) => single && `${ms(single.medianMs)}; ${ms(single.worstMs)}`,
    ),
    ...loadRows("250 changes/s of fields that are not kept", figures, ({ heartbeats }) => heartbeats),
    ...loadRows("125 pods/s deleted and 125 created", figures, ({ replacements }) => replacements),
    ...(["metadata", "stripped", "typed"] as const).flatMap((mode) => informerRows(mode, figures)),
  ];
  const head = [`| | ${columns.join(" | ")} |`, `|---|${columns.map(() => "---|").join("")}`];
  return [
    `Pods of ${podBytes} bytes as JSON, each with a request and a status; 50 NADs, 500 nodes.`,
    "",
    ...head,
    ...rows,
    "",
    `Node with the image's arguments and no program takes ${mib(bare.node)} MiB, and ${mib(bare.withTls)} MiB once TLS is loaded.`,
    "",
  ].join("\n");
}

function row(
  name: string,
  figures: readonly SizeFigures[],
  cell: (of: SizeFigures) => string | undefined,
): string {
  return `| ${name} | ${figures.map((of) => cell(of) ?? "").join(" | ")} |`;
}

function loadRows(
  name: string,
  figures: readonly SizeFigures[],
  of: (size: SizeFigures) => Load | undefined,
): string[] {
  return [
    row(
      `${name}: a change → report, ms: median; p99; worst (budget p99 ${P99_BUDGET_MS})`,
      figures,
      (size) => {
        const load = of(size);
        return (
          load && `${ms(load.medianMs)}; ${ms(load.p99Ms)}; ${ms(load.worstMs)} (${load.changes} changes)`
        );
      },
    ),
    row(`${name}: the operator's CPU, cores (budget ${CORES_BUDGET})`, figures, (size) => {
      const load = of(size);
      return load && `${load.cores.toFixed(2)} at ${Math.round(load.rate)}/s`;
    }),
  ];
}

function informerRows(mode: InformerFigures["mode"], figures: readonly SizeFigures[]): string[] {
  if (figures.every(({ informers }) => informers.length === 0)) return [];
  const found = ({ informers }: SizeFigures) => informers.find((each) => each.mode === mode);
  return [
    row(
      `client-go informer, ${mode}: resident memory, MiB (operator ÷ it); synced after, s; cores under the first load`,
      figures,
      (of) => {
        const informer = found(of);
        if (!informer) return undefined;
        const ratio = (of.memory.resident / informer.memory.resident).toFixed(2);
        return `${mib(informer.memory.resident)} (${ratio}); ${seconds(informer.syncMs)}; ${informer.cores.toFixed(2)}`;
      },
    ),
  ];
}

function withBudget(value: string, budget: number | undefined): string {
  return budget === undefined ? value : `${value} (${budget})`;
}

const mib = (value: number) => String(Math.round(value));
const ms = (value: number) => String(Math.round(value));
const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(1);
