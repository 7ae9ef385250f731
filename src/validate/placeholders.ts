import { show } from "../cni/finding.ts";
import type { ObjectFinding, Path } from "./finding.ts";

/** Of Go templates, Helm and Jinja; of envsubst, Flux, OpenShift's templates and shells; of kustomize's vars. */
const PLACEHOLDER =
  /\{\{[^{}]{1,200}\}\}|\$\{[^{}]{1,100}\}|\$\([A-Za-z_][A-Za-z0-9_]{0,99}\)|\$[A-Za-z_][A-Za-z0-9_]{0,99}/;

/** A word that stands for the whole value, such as _replaced_ in the base of a Kustomization. JSON begins with neither. */
const WHOLE = /^\s*(_{1,2}[A-Za-z][\w.-]{0,60}_{1,2}|<[A-Za-z][\w .-]{0,60}>)\s*$/;
/** A message shows the value so. */
const SHOWN_WHOLE = /\(it is "(_{1,2}[A-Za-z][\w.-]{0,60}_{1,2}|<[A-Za-z][\w .-]{0,60}>)"/;

/**
 * An error about a value that holds a placeholder says nothing of the value that it stands for: it becomes a
 * warning that the file must be rendered first. `textAt` is the text that stands at a path of the object.
 */
export function withoutPlaceholders(
  findings: readonly ObjectFinding[],
  textAt: (path: Path) => string,
): ObjectFinding[] {
  const seen = new Set<string>();
  return findings.flatMap((finding) => {
    const { severity, code, message, at, inText } = finding;
    // What is not JSON names no value; a placeholder for a number or a list makes it so.
    const text = code === "BAD_JSON" ? (inText?.text ?? textAt(at)) : message;
    const whole = code === "BAD_JSON" ? WHOLE : SHOWN_WHOLE;
    const placeholder =
      severity === "error" ? (PLACEHOLDER.exec(text)?.[0] ?? whole.exec(text)?.[1]) : undefined;
    if (placeholder === undefined) return [finding];
    const same = JSON.stringify([finding.path, placeholder]);
    if (seen.has(same)) return [];
    seen.add(same);
    return [
      {
        ...finding,
        severity: "warning",
        code: "PLACEHOLDER",
        message: `holds the placeholder ${show(placeholder)}, and cannot be checked as it is: render the file first, then validate the result`,
      },
    ];
  });
}
