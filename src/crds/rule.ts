import { z } from "zod";

/**
 * What a schema cannot say, once for the API server (CEL) and once for offline use. A test against a real
 * API server holds the two to the same answer.
 */
export interface Rule<T> {
  /** The rule and the fix, without the field's name. */
  message: string;
  /** True when the value, `self`, is right. */
  cel: string;
  holds: (value: T) => boolean;
}

/** The schema with rules on its value: refinements for zod, x-kubernetes-validations for the CRD. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const refined = schema.superRefine((value, context) => {
    for (const { holds, message } of rules) if (!holds(value)) context.addIssue({ code: "custom", message });
  });
  return withValidations(
    refined,
    rules.map(({ cel, message }) => ({ rule: cel, message })),
  );
}

/** An entry of x-kubernetes-validations. */
export interface Validation {
  rule: string;
  message: string;
  fieldPath?: string;
}

const KEY = "x-kubernetes-validations";

/** The schema with validations that only the API server makes, beside those it has. */
export function withValidations<S extends z.ZodType>(schema: S, validations: readonly Validation[]): S {
  const present = (schema.meta()?.[KEY] ?? []) as readonly Validation[];
  return schema.meta({ [KEY]: [...present, ...validations] });
}

/**
 * A text that matches, with a sentence for those that do not: the API server answers to a `pattern` with the
 * regular expression alone, to a rule with its message. No lookaheads: the API server's regular expressions
 * are RE2.
 */
export function matching(pattern: RegExp, maxLength: number, message: string): z.ZodString {
  return withRules(z.string().max(maxLength), [
    {
      message,
      cel: `self.matches('${pattern.source.replaceAll("\\", "\\\\")}')`,
      holds: (text) => pattern.test(text),
    },
  ]);
}
