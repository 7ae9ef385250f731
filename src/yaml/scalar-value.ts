import { YamlError } from "./errors.ts";
import type { ScalarNode } from "./node.ts";

export type ScalarValue = string | number | boolean | null;
/** An integer beyond int64 is one that JSON keys cannot have; Go keeps it apart. */
export type ScalarType = "string" | "int" | "uint" | "float" | "bool" | "null";

const TAG = "tag:yaml.org,2002:";
/** Tags that go-yaml knows for scalars. Any other leaves the text as it is. */
const KNOWN: Readonly<Record<string, ScalarType | "timestamp" | "binary">> = {
  [`${TAG}str`]: "string",
  [`${TAG}int`]: "int",
  [`${TAG}float`]: "float",
  [`${TAG}bool`]: "bool",
  [`${TAG}null`]: "null",
  [`${TAG}timestamp`]: "timestamp",
  [`${TAG}binary`]: "binary",
};
const TRUE = ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE = ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];
const NULL = ["", "~", "null", "Null", "NULL"];
const WORDS = new Map<string, boolean | null>([
  ...TRUE.map((word) => [word, true] as const),
  ...FALSE.map((word) => [word, false] as const),
  ...NULL.map((word) => [word, null] as const),
]);
const NOT_IN_JSON = /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIME = String.raw`(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?`;
const TIMESTAMP = new RegExp(
  String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]${TIME}(?:Z|[-+]\d\d:\d\d)| ${TIME})?$`,
);

/** What a scalar stands for: YAML 1.1 as go-yaml v2 reads it, in which `yes` is true and 010 is 8. */
export function scalarValue({ value, implicit, tag, start }: ScalarNode): {
  type: ScalarType;
  value: ScalarValue;
} {
  if (tag === "" && !implicit) return { type: "string", value };
  const wanted = tag === "" ? undefined : Object.hasOwn(KNOWN, tag) ? KNOWN[tag] : "string";
  if (wanted === "string") return { type: "string", value };
  if (wanted === "binary") return { type: "string", value: fromBase64(value, start) };
  if (wanted === "timestamp") {
    if (!isTimestamp(value)) throw mismatch(tag, start);
    return { type: "string", value };
  }
  const found = plainValue(value);
  if (wanted === undefined || wanted === found.type || (wanted === "int" && found.type === "uint"))
    return found;
  if (wanted === "float" && found.type === "int") return { ...found, type: "float" };
  throw mismatch(tag, start);
}

function plainValue(text: string): { type: ScalarType; value: ScalarValue } {
  const word = WORDS.get(text);
  if (word !== undefined) return { type: word === null ? "null" : "bool", value: word };
  if (NOT_IN_JSON.test(text)) return { type: "float", value: notInJson(text) };
  const first = text.charAt(0);
  if (first === ".") return dottedFloat(text);
  if (!/[-+0-9]/.test(first)) return { type: "string", value: text };
  const plain = text.replaceAll("_", "");
  const integer = integerOf(plain);
  if (integer !== undefined) {
    if (integer >= -(2n ** 63n) && integer < 2n ** 63n) return { type: "int", value: Number(integer) };
    if (integer > 0n && integer < 2n ** 64n && first !== "+") return { type: "uint", value: Number(integer) };
  }
  if (FLOAT.test(plain) && Number.isFinite(Number(plain))) return { type: "float", value: Number(plain) };
  return { type: "string", value: text };
}

function notInJson(text: string): number {
  if (/nan/i.test(text)) return Number.NaN;
  return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Go's ParseInt with base 0; a sign may stand before a prefix. */
function integerOf(text: string): bigint | undefined {
  const found = INTEGER.exec(text);
  if (!found) return undefined;
  const [, sign, hexadecimal, octal, binary, decimal] = found;
  const digits = hexadecimal ? `0x${hexadecimal}` : octal ? `0o${octal}` : binary ? `0b${binary}` : decimal;
  const size = BigInt(digits ?? "0");
  return sign === "-" ? -size : size;
}

/** Go's ParseFloat takes underscores between digits only. */
function dottedFloat(text: string): { type: ScalarType; value: ScalarValue } {
  const value = Number(text.replaceAll("_", ""));
  const isFloat = /^\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?$/.test(text);
  return isFloat && Number.isFinite(value) ? { type: "float", value } : { type: "string", value: text };
}

function isTimestamp(text: string): boolean {
  const [year, month, day, ...time] = (TIMESTAMP.exec(text) ?? []).slice(1).map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined) return false;
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > days) return false;
  return time.every((part, i) => part < (i % 3 === 0 ? 24 : 60));
}

function fromBase64(text: string, start: number): string {
  const plain = text.replace(/[\r\n]/g, "");
  const bytes = Buffer.from(plain, "base64");
  if (bytes.toString("base64") !== plain) throw new YamlError("!!binary is not base64", start);
  return replacingInvalid(bytes);
}

/** Go's encoding/json writes U+FFFD for each byte that belongs to no character; TextDecoder takes some together. */
function replacingInvalid(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const width = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(at, at + count)));
    text += width === undefined ? "\ufffd" : bytes.toString("utf8", at, at + width);
    at += width ?? 1;
  }
  return text;
}

function isCharacter(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return [...text].length === 1 && Buffer.from(text).equals(bytes);
}

function mismatch(tag: string, start: number): YamlError {
  return new YamlError(
    `the text does not have the form that its tag ${tag.replace(TAG, "!!")} requires`,
    start,
  );
}
