import { Option } from "commander";
import { dump } from "js-yaml";

export type OutputFormat = "text" | "wide" | "json" | "yaml";

export function outputOption(...formats: OutputFormat[]): Option {
  return new Option("-o, --output <format>", "output format").choices(formats);
}

/** Prints data for scripts, or the text that `text` makes for people. */
export function print(format: OutputFormat | undefined, data: () => object, text: () => string): void {
  if (format === "json") process.stdout.write(`${JSON.stringify(data(), null, 2)}\n`);
  else if (format === "yaml") process.stdout.write(dump(data(), { lineWidth: -1, noRefs: true }));
  else process.stdout.write(text());
}
