import { readFile } from "node:fs/promises";
import { printable } from "../display/text.ts";
import { parseDocuments, type SourceDocument } from "../validate/documents.ts";
import { decodeYaml } from "../yaml/decode.ts";
import { templateLanguage } from "../yaml/template.ts";
import { UnreadableInput } from "./errors.ts";

/** A file as messages call it. */
export function inputName(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** A line on standard error. What it names may come from a file that anyone wrote. */
export function printError(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

export interface ReadInput {
  documents: SourceDocument[];
  /** One line for each document that cannot be read. */
  problems: string[];
}

/**
 * The documents of a file, or of standard input for "-". Throws UnreadableInput if it is not text at all.
 * @param command as it is typed, for what to do about a template: "multus-operator validate"
 */
export async function readInput(file: string, command: string): Promise<ReadInput> {
  const text = await readText(file);
  const documents = parseDocuments(text);
  const failed = documents.flatMap(({ error }) => error ?? []);
  const language = failed.length > 0 ? templateLanguage(text) : undefined;
  const problems = language
    ? [`${inputName(file)}: ${templateAdvice(language, command)}`]
    : failed.map(
        ({ line, column, message }) => `${inputName(file)}:${line}:${column}: not valid YAML: ${message}`,
      );
  return { documents, problems };
}

/**
 * The values of all documents, for commands that need a file as a whole; keys that are set twice cause a warning.
 * Throws UnreadableInput.
 */
export async function readValues(file: string, command: string): Promise<unknown[]> {
  const { documents, problems } = await readInput(file, command);
  if (problems.length > 0) throw new UnreadableInput(problems.join("\n"));
  for (const { duplicates } of documents)
    for (const { path, place } of duplicates)
      printError(
        `warning: ${inputName(file)}:${place.line}:${place.column}: ${path.join(".")}: is set twice; the last value is used`,
      );
  return documents.map(({ value }) => value).filter((value) => value !== null && value !== undefined);
}

function templateAdvice(language: "Helm" | "Jinja" | "Helm or Jinja", command: string): string {
  const render = language === "Jinja" ? "jinja2 FILE DATA" : "helm template CHART";
  return `a ${language} template: render it first (${render} | ${command} -f -)`;
}

async function readText(file: string): Promise<string> {
  try {
    return decodeYaml(file === "-" ? await standardInput() : await readFile(file));
  } catch (error) {
    throw new UnreadableInput(`${inputName(file)}: ${(error as Error).message}`, { cause: error });
  }
}

/** As a stream: the writer may be slow, and a read that would have to wait fails (EAGAIN). */
async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
