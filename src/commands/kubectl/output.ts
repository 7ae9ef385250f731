import { Option } from "commander";
import { toJson } from "../../display/text.ts";
import { yamlOf } from "../yaml.ts";

export type OutputFormat = "text" | "wide" | "json" | "yaml";

export function outputOption(...formats: OutputFormat[]): Option {
  return new Option("-o, --output <format>", "output format").choices(formats);
}

/** Prints data for scripts, or the text that `text` makes for people. */
export function print(format: OutputFormat | undefined, data: () => object, text: () => string): void {
  if (format === "json") process.stdout.write(`${toJson(data())}\n`);
  else if (format === "yaml") process.stdout.write(yamlOf(data()));
  else process.stdout.write(text());
}
