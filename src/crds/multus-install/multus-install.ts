import { z } from "zod";
import type { FieldProblem } from "../field-problem.ts";
import { problemsOf } from "../problems.ts";
import { RULES } from "./rules.ts";
import { type MultusInstallSpec, multusInstallSpec } from "./spec.ts";
import { multusInstallStatus } from "./status.ts";

export const MULTUS_INSTALL = {
  group: "multus-operator.dev",
  version: "v1alpha1",
  kind: "MultusInstall",
  plural: "multusinstalls",
  namespaced: false,
} as const;

export const MULTUS_INSTALL_API_VERSION = `${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}`;

/** The objects of an install carry its name as a label's value. */
export const NAME_IS_A_LABEL_VALUE = {
  most: 63,
  rule: "size(self.metadata.name) <= 63",
  message:
    "metadata.name must have at most 63 characters, because it is a label of every object of the install",
};

const metadata = z.looseObject({
  name: z
    .string()
    .max(NAME_IS_A_LABEL_VALUE.most, `must have at most ${NAME_IS_A_LABEL_VALUE.most} characters`)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be lowercase letters, digits, - and ."),
  uid: z.string().optional(),
  generation: z.int().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).optional(),
});

/** A MultusInstall as a user writes it or the API server gives it. */
export const multusInstall = z.object({
  apiVersion: z.literal(MULTUS_INSTALL_API_VERSION),
  kind: z.literal(MULTUS_INSTALL.kind),
  metadata,
  spec: multusInstallSpec.prefault({}),
  status: multusInstallStatus.optional(),
});

export interface MultusInstall {
  apiVersion: string;
  kind: string;
  metadata: z.output<typeof metadata>;
  spec: MultusInstallSpec;
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };

/**
 * Parses a MultusInstall and rejects what the API server would reject: values, unknown fields, and the
 * contradictions of rules.ts. The status is not looked at.
 */
export function parseMultusInstall(object: unknown): Parsed<MultusInstall> {
  const { status: _, ...rest } =
    typeof object === "object" && object !== null ? (object as Record<string, unknown>) : {};
  const unknown = z.strictObject(multusInstall.shape).omit({ status: true });
  const parsed = unknown.safeParse(rest, { reportInput: true });
  const problems = problemsOf(multusInstall, rest, parsed.success ? [] : parsed.error.issues);
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const value: MultusInstall = parsed.data;
  const broken = RULES.filter((rule) => !rule.holds(value.spec));
  if (broken.length > 0)
    return {
      ok: false,
      problems: broken.map(({ path, message }) => ({ path, message, code: "CONTRADICTION" })),
    };
  return { ok: true, value };
}
