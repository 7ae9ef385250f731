import { isDeepStrictEqual } from "node:util";
import type { Distribution } from "../../src/crds/multus-install/distribution.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  type Parsed,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";

import { RULES } from "../../src/crds/multus-install/rules.ts";
import { RenderError } from "../../src/render/errors.ts";

/** MultusInstall.spec as a user writes it. */
export type Spec = Record<string, unknown>;

/** Objects merged, the second over the first; lists replaced. */
export function merged(one: Spec, other: Spec): Spec {
  const both = Object.entries(other).map(([key, value]) => {
    const before = one[key];
    return [key, isGroup(before) && isGroup(value) ? merged(before, value) : value];
  });
  return { ...one, ...Object.fromEntries(both) };
}

function isGroup(value: unknown): value is Spec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * What to apply, one after the other, so that a spec becomes another one. A server-side apply that takes the last key out of a
 * map, and keeps the map, leaves null in an object of a CRD (structured-merge-diff), which the API server then refuses: as a
 * user has to, the map is removed first.
 */
export function applied(from: Spec | undefined, to: Spec): Spec[] {
  const first = from ? withoutEmptied(from, to) : to;
  return isDeepStrictEqual(first, to) ? [to] : [first, to];
}

/** `to` without the groups that have become empty. */
function withoutEmptied(from: Spec, to: Spec): Spec {
  const kept = Object.entries(to).flatMap(([key, value]): [string, unknown][] => {
    const before = from[key];
    if (!isGroup(value) || !isGroup(before)) return [[key, value]];
    if (Object.keys(value).length === 0) return Object.keys(before).length === 0 ? [[key, value]] : [];
    const inner = withoutEmptied(before, value);
    // A group of which nothing would be left is emptied itself.
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept);
}

/** The install with the spec, or what is not right with it. */
export function parse(spec: unknown): Parsed<MultusInstall> {
  const { apiVersion, kind } = { apiVersion: MULTUS_INSTALL_API_VERSION, kind: "MultusInstall" };
  return parseMultusInstall({ apiVersion, kind, metadata: { name: "multus" }, spec });
}

/** The API server stores maps, and shows them, in the order of their keys. */
function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored);
  if (!isGroup(value)) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, asStored(inner)]));
}

/**
 * The install as the operator renders it. Throws if the spec is not right, a RenderError if only the distribution that
 * was found shows it.
 */
export function resolved(spec: Spec, distribution: Distribution | undefined): MultusInstall {
  const parsed = parse(asStored(spec));
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
  const install = parsed.value;
  if (install.spec.distribution !== "Auto" || distribution === undefined) return install;
  const found = { ...install, spec: { ...install.spec, distribution } };
  const broken = RULES.filter(({ holds }) => !holds(found.spec));
  if (broken.length > 0)
    throw new RenderError(broken.map(({ path, message }) => ({ path, message, code: "CONTRADICTION" })));
  return found;
}
