/** What is wrong with one field, in words that name the field, its value's rule and the way out. */
export interface FieldProblem {
  /** As a user writes it: `spec.cni.confDir`, `spec.image.pullSecrets[0]`. */
  path: string;
  /** Stable, for scripts: INVALID_VALUE, UNKNOWN_FIELD, CONTRADICTION, … */
  code: string;
  message: string;
}

/** One line a problem, as the command line and conditions show them. */
export function formatProblem(problem: FieldProblem): string {
  return `${problem.path}: ${problem.message}`;
}
