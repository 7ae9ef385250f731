import type { Flavour } from "../../multus/releases.ts";

/** A flag as the pod has it: `--name=value`; "" where it has no value. */
export type Flags = Map<string, string>;

/**
 * The arguments as flags, the last of a name counts. v3's script knows `--name=value` only; pflag of v4 takes
 * `--name value` and `--switch` too.
 */
export function parseFlags(args: readonly string[], flavour: Flavour): { flags: Flags; rest: string[] } {
  const flags: Flags = new Map();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(args[i] ?? "");
    if (!match) {
      rest.push(args[i] ?? "");
      continue;
    }
    const [, name = "", value] = match;
    const next = args[i + 1];
    if (value !== undefined) flags.set(name, value);
    else if (flavour !== "v3" && next !== undefined && !next.startsWith("-")) {
      flags.set(name, next);
      i += 1;
    } else flags.set(name, flavour === "v3" ? "" : "true");
  }
  return { flags, rest };
}
