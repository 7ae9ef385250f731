import { Command, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };

export const VERSION: string = packageJson.version;

export function versionCommand(): Command {
  return new Command("version")
    .description("print the version")
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(({ output }: { output: string }) => {
      const text =
        output === "json"
          ? JSON.stringify({ version: VERSION, node: process.version })
          : `multus-operator ${VERSION} (node ${process.version})`;
      process.stdout.write(`${text}\n`);
    });
}
