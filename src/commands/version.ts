import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };

/** Set by scripts/build.ts; absent when the program runs from its source. */
declare const __REVISION__: string | undefined;

export const VERSION: string = packageJson.version;
/** The commit that the program was built from; empty if it is not known. */
export const REVISION: string = typeof __REVISION__ === "string" ? __REVISION__ : "";

export function versionData(): object {
  return { version: VERSION, revision: REVISION, node: process.version };
}

/** "0.1.0 (4f2c1ab, node v24.1.0)" */
export function versionLine(): string {
  const details = [...(REVISION ? [REVISION] : []), `node ${process.version}`].join(", ");
  return `${VERSION} (${details})`;
}

export function versionCommand(): Command {
  return new Command("version")
    .description("print the version, the commit it was built from and Node's version")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(({ output }: { output: string }) => {
      const text = output === "json" ? JSON.stringify(versionData()) : `multus-operator ${versionLine()}`;
      process.stdout.write(`${text}\n`);
    });
}
