import { printable } from "../../display/text.ts";
import { ApiError, NetworkError } from "../../kube/errors.ts";
import { describeFailure } from "../request-failure.ts";
import { Interrupted, UsageError } from "./errors.ts";

/** Runs `body`, and returns its exit code. What it throws becomes a sentence on standard error and 2, or 130 after Ctrl-C. */
export async function runOrExplain(body: () => Promise<number | undefined>): Promise<number> {
  try {
    return (await body()) ?? 0;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    process.stderr.write(`error: ${printable(remedy(error))}\n`);
    return 2;
  }
}

/** One sentence or two: what went wrong, and how to fix it. Throws what is not a failure of a request or a file. */
export function remedy(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof NetworkError || error instanceof ApiError) return describeFailure(error);
  throw error;
}
