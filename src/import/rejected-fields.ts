import { show } from "../cni/finding.ts";
import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../crds/multus-install/multus-install.ts";
import { RenderError } from "../render/errors.ts";
import { renderInstall } from "../render/render.ts";
import { Findings, type ImportFinding } from "./finding.ts";

/**
 * The spec without the fields that the schema, its rules or the render reject, and for each a finding with the
 * reason. One field is taken out at a time, since the next problem may be gone with it.
 */
export function rejectedFields(
  original: Record<string, unknown>,
  object: string,
): { spec: Record<string, unknown>; findings: ImportFinding[] } {
  const findings = new Findings(object);
  let spec = structuredClone(original);
  for (;;) {
    const problem = firstProblem(spec);
    if (!problem) return { spec, findings: findings.list };
    const value = at(spec, problem.path);
    spec = withoutField(spec, problem.path);
    findings.lost(
      ["spec", ...problem.path].join("."),
      `${problem.message}${typeof value === "object" || value === undefined ? "" : ` (it is ${show(value)})`}; it is not imported`,
    );
  }
}

function firstProblem(spec: Record<string, unknown>): { path: string[]; message: string } | undefined {
  const parsed = parseMultusInstall({
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name: "multus" },
    spec,
  });
  const [problem] = parsed.ok ? renderProblems(parsed.value) : parsed.problems;
  if (!problem) return undefined;
  const path = problem.path
    .replace(/^spec\.?/, "")
    .split(/\.|(?=\[)/)
    .filter(Boolean);
  return {
    path: path.map((part) => part.replace(/^\[(\d+)\]$/, "$1")),
    message: problem.message.replace(/ \(it is .*\)$/s, ""),
  };
}

function renderProblems(install: Parameters<typeof renderInstall>[0]) {
  try {
    renderInstall(install);
    return [];
  } catch (error) {
    if (error instanceof RenderError) return error.problems;
    throw error;
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/** Without the field; where it is one that is missing, without the nearest group around it that is there. */
function withoutField(spec: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  for (let length = path.length; length > 0; length -= 1) {
    const shorter = without(spec, path.slice(0, length));
    if (JSON.stringify(shorter) !== JSON.stringify(spec)) return withoutEmptyGroup(shorter, path[0] ?? "");
  }
  return {};
}

/** A group that lost its only field is as good as absent. */
function withoutEmptyGroup(spec: Record<string, unknown>, group: string): Record<string, unknown> {
  const { [group]: value, ...others } = spec;
  return JSON.stringify(value) === "{}" ? others : spec;
}

function without(spec: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  const [key, ...rest] = path;
  if (key === undefined) return {};
  const value = spec[key];
  if (value === undefined) return spec;
  if (rest.length === 0) {
    const { [key]: _, ...others } = spec;
    return others;
  }
  if (Array.isArray(value)) {
    const [index = "", ...inner] = rest;
    const kept = value.flatMap((item: unknown, i) => {
      if (String(i) !== index) return [item];
      return inner.length === 0 ? [] : [without(item as Record<string, unknown>, inner)];
    });
    return { ...spec, [key]: kept };
  }
  if (typeof value !== "object" || value === null) {
    const { [key]: _, ...others } = spec;
    return others;
  }
  return { ...spec, [key]: without(value as Record<string, unknown>, rest) };
}
