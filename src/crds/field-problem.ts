/** A problem with one field: the field, the rule for its value, and the fix. */
export interface FieldProblem {
  /** As a user writes it: `spec.cni.confDir`, `spec.image.pullSecrets[0]`. */
  path: string;
  /** Stable, for scripts: INVALID_VALUE, UNKNOWN_FIELD, CONTRADICTION, … */
  code: string;
  message: string;
}

/** One line per problem, as the command line and conditions show them. */
export function formatProblem(problem: FieldProblem): string {
  return `${problem.path}: ${problem.message}`;
}
