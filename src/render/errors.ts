import { type FieldProblem, formatProblem } from "../crds/field-problem.ts";

/** A spec with which Multus would not start, or would take nodes down. It never reaches a node. */
export class RenderError extends Error {
  override readonly name = "RenderError";
  readonly code = "RENDER_REJECTED";
  readonly problems: readonly FieldProblem[];

  constructor(problems: readonly FieldProblem[]) {
    super(problems.map(formatProblem).join("; "));
    this.problems = problems;
  }
}
