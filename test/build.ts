import { execute } from "./cluster/execute.ts";

/**
 * Once before a run: the tests start the program as it is built, which takes a quarter of what Node needs to begin
 * from the source.
 */
export default async function build(): Promise<void> {
  await execute(process.execPath, ["scripts/build.ts"]);
}
