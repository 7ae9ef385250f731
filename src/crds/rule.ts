import type { z } from "zod";

/**
 * What a schema cannot say, once for the API server (CEL) and once for offline use. A test against a real
 * API server holds the two to the same answer.
 */
export interface Rule<T> {
  /** The rule and the way out, without the field's name. */
  message: string;
  /** True when the value, `self`, is right. */
  cel: string;
  holds: (value: T) => boolean;
}

/** The schema with rules on its value: refinements for zod, x-kubernetes-validations for the CRD. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  return schema
    .superRefine((value, context) => {
      for (const { holds, message } of rules)
        if (!holds(value)) context.addIssue({ code: "custom", message });
    })
    .meta({ "x-kubernetes-validations": rules.map(({ cel, message }) => ({ rule: cel, message })) });
}
