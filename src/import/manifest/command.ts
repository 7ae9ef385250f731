import { show } from "../../cni/finding.ts";
import { counted } from "../../crds/plural.ts";
import type { Flavour } from "../../multus/releases.ts";
import type { Findings } from "../finding.ts";
import { type Flags, parseFlags } from "./flags.ts";
import type { Container } from "./objects.ts";

/** What a container starts. */
export interface Command {
  /** The program, with an interpreter before it if there is one. */
  words: string[];
  flags: Flags;
  /** Arguments that are not flags. */
  rest: string[];
}

const SHELL = /(^|\/)(ba|da|a)?sh$/;
/** What starts Multus in upstream's images. */
export const PROGRAM = /(^|\/)(entrypoint\.sh|thin_entrypoint|multus-daemon)$/;

/** The words that a container starts with; those of the script's own line if a shell runs a script that starts Multus. */
export function wordsOf(container: Pick<Container, "command" | "args">): string[] {
  const { command, args } = container;
  return lineOfScript(container)?.words ?? [...command, ...args];
}

/** The words before the first flag are the program; a script's interpreter may hold it in args. */
export function commandOf(container: Container, flavour: Flavour, findings: Findings): Command {
  const script = lineOfScript(container);
  if (script && script.others > 0)
    findings.lost(
      "args",
      `the container runs a shell script: only the line that starts ${show(script.words[0])} is imported, and its ${counted(script.others, "other line")} ${script.others === 1 ? "is" : "are"} not`,
    );
  const all = script?.words ?? [...container.command, ...container.args];
  const first = all.findIndex((word) => word.startsWith("-"));
  const words = first < 0 ? all : all.slice(0, first);
  return { words, ...parseFlags(first < 0 ? [] : all.slice(first), flavour) };
}

/**
 * The line of a shell script (`bash -c "…"`) that starts Multus, as words, and the number of other lines with a command.
 * Undefined if no shell runs a script that does.
 */
function lineOfScript({ command, args }: Pick<Container, "command" | "args">) {
  const [shell = "", ...words] = [...command, ...args];
  const end = words.findIndex((word) => !/^[-+]/.test(word));
  const script = words[end];
  // bash -ec -- "…": "--" ends the options.
  if (!SHELL.test(shell) || script === undefined) return undefined;
  if (!words.slice(0, end).some((word) => /^-[a-z]*c[a-z]*$/.test(word))) return undefined;
  const lines = script
    .replace(/\\\n/g, " ")
    .split("\n")
    .flatMap((line) => line.split(/&&|;/))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !/^set [-+]/.test(line));
  const own = lines
    .map((line) => shellWords(line.replace(/^exec\s+/, "")))
    .findLast((words) => words.some((word) => PROGRAM.test(word)));
  return own && { words: own, others: lines.length - 1 };
}

/** Words of a simple command; quotes are removed, and nothing is expanded. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(
      /"([^"]*)"|'([^']*)'/g,
      (_, double: string | undefined, single: string | undefined) => double ?? single ?? "",
    ),
  );
}
