import type { FieldProblem } from "../crds/field-problem.ts";
import { parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { RenderError } from "../render/errors.ts";
import { renderInstall } from "../render/render.ts";
import type { ObjectFinding } from "./finding.ts";
import type { SeenObject } from "./object.ts";

/** A MultusInstall: what the API server rejects, what the operator would stall on, and what is probably not intended. */
export function checkMultusInstall({ value }: SeenObject): ObjectFinding[] {
  const parsed = parseMultusInstall(value);
  if (!parsed.ok) return parsed.problems.map((problem) => finding(problem, "error"));
  try {
    return renderInstall(parsed.value).warnings.map((warning) => finding(warning, "warning"));
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return error.problems.map((problem) => finding(problem, "error"));
  }
}

function finding({ path, code, message }: FieldProblem, severity: "error" | "warning"): ObjectFinding {
  return { path, severity, code, message, at: partsOf(path) };
}

/** `spec.image.pullSecrets[0]` in parts. */
function partsOf(path: string): (string | number)[] {
  return (path.match(/[^.[\]]+|\[\d+\]/g) ?? []).map((part) =>
    part.startsWith("[") ? Number(part.slice(1, -1)) : part,
  );
}
