/** make fresh: README's commands on a fresh machine. */
import { runCommand } from "../cluster/command.ts";
import { fresh, freshProblem } from "./fresh.ts";

const problem = freshProblem();
if (problem === undefined) await runCommand(async () => await fresh("all"));
else process.stdout.write(`a fresh machine: skipped (${problem})\n`);
