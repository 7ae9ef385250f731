import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import { LogFileError } from "../node/errors.ts";
import { logEnd, logGrowth } from "../node/log-end.ts";

const POLL_INTERVAL_MS = 500;
/** At most this much of the growth at one time: what is written faster comes later. */
const GROWTH_BYTES = 1 << 20;

interface ReadOptions {
  lines: number;
  bytes: number;
  follow: boolean;
}

/** `read-log-end`: what runs in the pod that `kubectl multus logs` starts on a node. Hidden: users do not call it. */
export function readLogEndCommand(): Command {
  return new Command("read-log-end")
    .description("print the end of a log file")
    .argument("<file>")
    .addOption(new Option("--lines <n>").argParser(Number).default(-1))
    .addOption(new Option("--bytes <n>").argParser(Number).default(1 << 20))
    .option("--follow", "", false)
    .action(readLogEnd);
}

async function readLogEnd(file: string, { lines, bytes, follow }: ReadOptions): Promise<void> {
  process.once("SIGTERM", () => process.exit(0));
  try {
    let seen = logEnd(file, { lines, bytes });
    process.stdout.write(seen.content);
    while (follow) {
      await sleep(POLL_INTERVAL_MS);
      seen = growthOf(file, seen);
      process.stdout.write(seen.content);
    }
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** A rotation removes the file for a moment. */
function growthOf(file: string, seen: ReturnType<typeof logEnd>): ReturnType<typeof logEnd> {
  try {
    return logGrowth(file, seen, GROWTH_BYTES);
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    return { ...seen, content: Buffer.alloc(0) };
  }
}
