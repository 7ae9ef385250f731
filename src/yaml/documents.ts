import { YamlError } from "./errors.ts";
import { parseJson } from "./json.ts";
import type { Node } from "./node.ts";
import { parseYaml } from "./parser.ts";
import { type DuplicateKey, jsonValueOf } from "./value.ts";

export type YamlDocument = { value: unknown; root: Node; duplicates: DuplicateKey[] } | { error: YamlError };

const SEPARATOR = "---";
const NOT_SEPARATOR =
  'a line that begins with "---" separates documents for kubectl, and only a comment may follow on it';
/** What YAML 1.1 does not allow in a file, escaped or not: libyaml's reader rejects it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is them that are rejected
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;
/** kubectl looks at this many bytes for the beginning of a JSON stream. */
const GO_SPACE = /[\t\n\v\f\r \u0085\u00a0]/;
const JSON_START = /^[\t\n\v\f\r \u0085\u00a0]{0,4095}\{/;

/**
 * The documents of a file as kubectl reads it: a stream of JSON values, or YAML that lines "---" separate. An
 * empty document counts, but for the first. Each that cannot be read is an error of its own; kubectl stops at it.
 */
export function readYamlDocuments(text: string): YamlDocument[] {
  // kubectl ends the last line, too.
  const source = text.endsWith("\n") ? text : `${text}\n`;
  const documents: YamlDocument[] = [];
  let start = 0;
  if (JSON_START.test(text)) {
    start = readJsonStream(text, documents);
    if (start < 0) return documents;
  }
  for (const part of partsOf(source, start)) {
    const document = part.error ? { error: part.error } : readPart(source, part);
    if (documents.length > 0 || !isEmpty(document)) documents.push(document);
  }
  return documents;
}

/**
 * Where YAML goes on, or -1. kubectl takes a stream that begins with "{" for JSON; what it cannot read so, it
 * reads as YAML, unless it has read two values or more.
 */
function readJsonStream(source: string, documents: YamlDocument[]): number {
  for (let at = 0; !/^\s*$/.test(source.slice(at)); ) {
    const read = readJsonValue(source, at);
    if ("end" in read) {
      documents.push(read.document);
      at = read.end;
      continue;
    }
    const yamlAt = documents.length < 2 ? yamlAfterJson(source, at) : -1;
    if (yamlAt < 0) documents.push(read);
    return yamlAt;
  }
  return -1;
}

/** The next JSON value as a document, and where it ends; its error if it is not JSON. */
function readJsonValue(
  source: string,
  at: number,
): { document: YamlDocument; end: number } | { error: YamlError } {
  try {
    const { node, end, fault } = parseJson(source, at);
    return { document: fault ? { error: fault } : documentOf(node), end };
  } catch (error) {
    if (error instanceof YamlError) return { error };
    throw error;
  }
}

/** Behind blanks and the first line break. kubectl gives up if it meets the end within four bytes. */
function yamlAfterJson(source: string, from: number): number {
  for (let at = from; ; at++) {
    if (Buffer.byteLength(source.slice(at, at + 4)) < 4) return -1;
    if (source[at] === "\n") return at + 1;
    if (!GO_SPACE.test(source[at] ?? "")) return at;
  }
}

interface Part {
  start: number;
  end: number;
  error?: YamlError;
}

/**
 * The parts between lines that begin with "---", which kubectl cuts before it reads YAML. Such a line with nothing
 * before it stays, as the beginning of its part.
 */
function* partsOf(source: string, from: number): Generator<Part> {
  let start = from;
  for (const { at, end, wrong } of separatorsOf(source, from)) {
    if (start < at) yield { start, end: at };
    if (wrong) yield { start: at, end, error: new YamlError(NOT_SEPARATOR, at) };
    if (start < at || wrong) start = end;
  }
  if (start < source.length) yield { start, end: source.length };
}

/** The lines that begin with "---"; `wrong` if they go on with something else than a comment. */
function* separatorsOf(source: string, from: number): Generator<{ at: number; end: number; wrong: boolean }> {
  for (let at = from, end = from; at < source.length; at = end) {
    const next = source.indexOf("\n", at);
    end = next < 0 ? source.length : next + 1;
    if (!source.startsWith(SEPARATOR, at)) continue;
    const rest = source.slice(at + SEPARATOR.length, end).trim();
    yield { at, end, wrong: rest !== "" && !rest.startsWith("#") };
  }
}

/** Nothing but comments. */
function isEmpty(document: YamlDocument): boolean {
  return "root" in document && document.root.kind === "scalar" && document.root.absent;
}

function readPart(source: string, { start, end }: Part): YamlDocument {
  try {
    const forbidden = source.slice(start, end).search(FORBIDDEN);
    if (forbidden >= 0) throw new YamlError("holds a control character", start + forbidden);
    // go-yaml then drops the first character of each further line (is_bom looks at the buffer's start, scannerc.go).
    if (source.startsWith("\ufeff\ufeff", start))
      throw new YamlError("begins with two byte order marks: remove them", start);
    return documentOf(parseYaml(source, start, end) ?? emptyAt(start));
  } catch (error) {
    if (error instanceof YamlError) return { error };
    throw error;
  }
}

function documentOf(root: Node): YamlDocument {
  try {
    return { root, ...jsonValueOf(root) };
  } catch (error) {
    if (error instanceof YamlError) return { error };
    throw error;
  }
}

function emptyAt(start: number): Node {
  return { kind: "scalar", start, value: "", runs: [], implicit: true, tag: "", absent: true };
}
