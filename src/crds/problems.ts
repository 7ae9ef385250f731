import { z } from "zod";
import type { FieldProblem } from "./field-problem.ts";
import { counted } from "./plural.ts";
import { closest } from "./suggestion.ts";

type Issue = z.core.$ZodIssue;

/**
 * Turns zod's issues into problems, and adds the fields that the schema does not know: zod drops those
 * silently, so the setting of a misspelled field would be lost.
 */
export function problemsOf(schema: z.ZodType, value: unknown, issues: readonly Issue[]): FieldProblem[] {
  return [
    ...issues.filter((issue) => issue.code !== "unrecognized_keys").map(problemOf),
    ...unknownFields(schema, value, ""),
  ];
}

function problemOf(issue: Issue): FieldProblem {
  return { path: pathText(issue.path), code: "INVALID_VALUE", message: issueMessage(issue) };
}

/** What a zod issue says of its field, in the words of this program: "Required", "must be of type string (it is 3)". */
export function issueMessage(issue: Issue): string {
  const { input } = issue;
  const shown =
    typeof input === "object" || input === undefined ? "" : ` (it is ${shorten(JSON.stringify(input))})`;
  switch (issue.code) {
    case "invalid_value":
      return notOneOf(input, issue.values, shown);
    case "invalid_type":
      return input === undefined ? "Required" : `must be of type ${issue.expected} (it is ${typed(input)})`;
    case "too_big":
      return `must ${bound("at most", issue.maximum, issue.origin) ?? `be at most ${issue.maximum}${shown}`}`;
    case "too_small":
      return `must ${bound("at least", issue.minimum, issue.origin) ?? `be at least ${issue.minimum}${shown}`}`;
    default:
      return `${issue.message.replace(/^Invalid input: /, "")}${shown}`;
  }
}

/** @param shown the value in brackets, if it is shown */
function notOneOf(input: unknown, values: readonly unknown[], shown: string): string {
  const allowed = values.length === 1 ? `be ${String(values[0])}` : `be one of ${values.join(", ")}`;
  if (input === undefined) return `Required: it must ${allowed}`;
  // YAML reads Off without quotes as a boolean, and so does kubectl.
  if (input === false && values.includes("Off"))
    return `must ${allowed}; write "Off" in quotes: YAML reads it as false without them${shown}`;
  const near = typeof input === "string" ? closest(input, values.map(String)) : undefined;
  return `must ${allowed}${near ? `; did you mean ${near}?` : ""}${shown}`;
}

/** A limit of a text's length or of a list's, in words; undefined for that of a number. */
function bound(limit: "at least" | "at most", number: number | bigint, origin: string): string | undefined {
  if (origin === "string") return `have ${limit} ${counted(Number(number), "character")}`;
  return origin === "array" ? `have ${limit} ${counted(Number(number), "item")}` : undefined;
}

function typed(input: unknown): string {
  if (Array.isArray(input)) return "a list";
  return typeof input === "object" && input !== null ? "an object" : shorten(JSON.stringify(input));
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** As a user writes it: `spec.image.pullSecrets[0]`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

function unknownFields(schema: z.ZodType, value: unknown, path: string): FieldProblem[] {
  const known = unwrap(schema);
  if (Array.isArray(value)) {
    if (!(known instanceof z.ZodArray)) return [];
    return value.flatMap((item, index) =>
      unknownFields(known.element as z.ZodType, item, `${path}[${index}]`),
    );
  }
  if (!(known instanceof z.ZodObject) || typeof value !== "object" || value === null) return [];
  if (known.def.catchall !== undefined) return []; // a loose object takes anything
  const shape = known.shape as Record<string, z.ZodType>;
  return Object.entries(value).flatMap(([key, child]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const field = shape[key];
    if (field) return unknownFields(field, child, at);
    const near = closest(key, Object.keys(shape));
    const hint = near ? `did you mean ${near}?` : `known here: ${Object.keys(shape).join(", ")}`;
    return [{ path: at, code: "UNKNOWN_FIELD", message: `unknown field; ${hint}` }];
  });
}

/** The schema without the wrappers for optional and default. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}
