import { execute } from "./cluster/execute.ts";

/** Once before the tests of a run that need the built program: two files that built it at once would read halves. */
export default async function build(): Promise<void> {
  await execute(process.execPath, ["scripts/build.ts"]);
}
