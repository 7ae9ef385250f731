import { Option } from "commander";
import { colored, type Paint, plain } from "../../display/color.ts";
import { toJson } from "../../display/text.ts";
import { yamlOf } from "../yaml.ts";

export type OutputFormat = "text" | "wide" | "name" | "json" | "yaml";

export function outputOption(...formats: OutputFormat[]): Option {
  return new Option("-o, --output <format>", "output format").choices(formats);
}

/** What a command found, in the forms in which it can be printed. */
export interface View {
  /** For scripts. */
  data: () => object;
  /** For people. */
  text: (paint: Paint) => string;
  /** "pod/web-1", for -o name. */
  names?: () => readonly string[];
}

/** As text in the given format. */
export function format(output: OutputFormat | undefined, { data, text, names }: View, paint: Paint): string {
  switch (output) {
    case "json":
      return `${toJson(data())}\n`;
    case "yaml":
      return yamlOf(data());
    case "name":
      return (names?.() ?? []).map((name) => `${name}\n`).join("");
    default:
      return text(paint);
  }
}

export function print(output: OutputFormat | undefined, view: View): void {
  process.stdout.write(format(output, view, paintFor(process.stdout)));
}

/** Colors on a terminal, unless the user does not want them (https://no-color.org) or the terminal has none. */
export function paintFor(
  stream: { isTTY?: boolean },
  environment: Record<string, string | undefined> = process.env,
): Paint {
  return stream.isTTY && !environment.NO_COLOR && environment.TERM !== "dumb" ? colored : plain;
}
