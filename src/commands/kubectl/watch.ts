import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./errors.ts";
import { format, type OutputFormat, paintFor, print, type View } from "./output.ts";

const INTERVAL_MS = 2000;
/** A large cluster is not asked all the time: what takes a second is asked every ten. */
const PAUSE_FACTOR = 10;

export interface WatchOptions {
  output?: OutputFormat;
  watch?: true;
}

/**
 * Prints what `take` finds; with --watch again whenever it changes, until Ctrl-C.
 * @param isTable whether later prints show only the lines that are new, as kubectl does
 */
export async function show(
  { output, watch }: WatchOptions,
  isTable: boolean,
  take: () => Promise<{ view: View; code?: number }>,
): Promise<number> {
  if (watch && (output === "json" || output === "yaml"))
    throw new UsageError(`--watch prints text: leave out -o ${output}`);
  const first = await take();
  print(output, first.view);
  if (!watch) return first.code ?? 0;
  const paint = paintFor(process.stdout);
  let last = format(output, first.view, paint);
  for (;;) {
    const started = performance.now();
    const { view } = await take();
    const text = format(output, view, paint);
    const news = isTable ? newLines(last, text) : text === last ? "" : `\n${text}`;
    process.stdout.write(news);
    last = text;
    await sleep(Math.max(INTERVAL_MS, PAUSE_FACTOR * (performance.now() - started)));
  }
}

/** The lines of `text` that `before` does not have. */
export function newLines(before: string, text: string): string {
  const seen = new Set(before.split("\n").map((line) => line.replace(/ +/g, " ")));
  return text
    .split("\n")
    .filter((line) => !seen.has(line.replace(/ +/g, " ")))
    .map((line) => `${line}\n`)
    .join("");
}
