/**
 * Runs what a make target does. An error ends it with exit code 1 and one line, the cause: the details are in the log that
 * the line names.
 */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${ERROR}${oneLine(error)}\n`);
    process.exitCode = 1;
  }
}

/** How the line begins with which a command reports its error. */
export const ERROR = "error: ";

/** The first line of the error and of each of its causes, the deepest last; what a line repeats is left out. */
export function oneLine(error: unknown): string {
  const lines: string[] = [];
  for (let at: unknown = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    const [first = ""] = (at instanceof Error ? at.message : String(at)).trim().split("\n");
    if (!lines.some((line) => line.includes(first))) lines.push(first);
  }
  return lines.join(": ");
}
