import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };

/** Put in by scripts/build.ts; not there when the program runs from its source. */
declare const __REVISION__: string | undefined;

export const VERSION: string = packageJson.version;
/** The commit that the program was built from; empty where that is not known. */
export const REVISION: string = typeof __REVISION__ === "string" ? __REVISION__ : "";

export function versionCommand(): Command {
  return new Command("version")
    .description("print the version, the commit it was built from and Node's version")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(({ output }: { output: string }) => {
      const details = [...(REVISION ? [REVISION] : []), `node ${process.version}`].join(", ");
      const text =
        output === "json"
          ? JSON.stringify({ version: VERSION, revision: REVISION, node: process.version })
          : `multus-operator ${VERSION} (${details})`;
      process.stdout.write(`${text}\n`);
    });
}
