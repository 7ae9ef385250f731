import type { Command, Option } from "commander";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../crds/network-attachment-definition.ts";
import { NAMESPACES, NODES, PODS, type ResourceType } from "../../kube/resource.ts";
import { type CommonOptions, openSession } from "./session.ts";

/** kubectl's own protocol (cobra): candidates, one per line, then `:4`, no file names. */
const NO_FILES = ":4";
/** Waiting in the shell for a server that does not answer is worse than no candidates. */
const MAX_WAIT_MS = 2000;

/**
 * What `kubectl_complete-multus` prints for the words after `kubectl multus`, the last of which is being typed.
 * Errors are not reported: a shell has no place for them.
 */
export async function complete(program: Command, words: readonly string[]): Promise<string> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const candidates = await candidatesFor(program, before, typed);
  const fitting = candidates.filter((candidate) => candidate.startsWith(typed));
  return [...fitting.toSorted(), NO_FILES, ""].join("\n");
}

async function candidatesFor(program: Command, before: readonly string[], typed: string): Promise<string[]> {
  const command = program.commands.find((one) => before.includes(one.name()));
  const options = [...program.options, ...(command?.options ?? [])].filter(({ hidden }) => !hidden);
  const valued = options.find((option) => takesValue(option) && isCalled(option, before.at(-1)));
  if (valued) return valued.argChoices ?? (await valuesOf(valued, before));
  if (typed.startsWith("-")) return options.flatMap(({ long }) => (long ? [long] : []));
  if (!command) return visibleCommands(program);
  const [argument] = command.registeredArguments;
  if (argument?.argChoices) return [...argument.argChoices];
  if (command.name() === "logs") return await names(before, NODES);
  if (command.name() === "explain") return await names(before, PODS);
  if (command.name() === "networks") return await names(before, NETWORK_ATTACHMENT_DEFINITIONS);
  return [];
}

function visibleCommands(program: Command): string[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((one) => one.name())
    .filter((name) => name !== "help");
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

function isCalled({ short, long }: Option, word: string | undefined): boolean {
  return word !== undefined && (word === short || word === long);
}

async function valuesOf(option: Option, before: readonly string[]): Promise<string[]> {
  if (option.long === "--node") return await names(before, NODES);
  if (option.long === "--namespace") return await names(before, NAMESPACES);
  return [];
}

async function names(before: readonly string[], type: ResourceType): Promise<string[]> {
  try {
    await using session = openSession(commonOptions(before));
    const { items } = await session.client.list(type, {
      ...(type.namespaced ? { namespace: session.namespace } : {}),
      signal: AbortSignal.timeout(MAX_WAIT_MS),
    });
    return items.map(({ metadata }) => metadata.name);
  } catch {
    return [];
  }
}

function commonOptions(words: readonly string[]): CommonOptions {
  const after = (...flags: string[]) => words[words.findIndex((word) => flags.includes(word)) + 1];
  const has = (...flags: string[]) => words.some((word) => flags.includes(word));
  const [kubeconfig, context, namespace, as] = [
    after("--kubeconfig"),
    after("--context"),
    after("-n", "--namespace"),
    after("--as"),
  ];
  const asGroup = words.flatMap((word, at) => (word === "--as-group" ? (words[at + 1] ?? []) : []));
  return {
    ...(has("--kubeconfig") && kubeconfig ? { kubeconfig } : {}),
    ...(has("--context") && context ? { context } : {}),
    ...(has("-n", "--namespace") && namespace ? { namespace } : {}),
    ...(has("--as") && as ? { as } : {}),
    asGroup,
  };
}
