import { compareReleases } from "../crds/multus-install/release.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { type KnownDefect, TABLE } from "./known-defects-table.ts";

export type { KnownDefect } from "./known-defects-table.ts";

export const KNOWN_DEFECTS: readonly KnownDefect[] = TABLE;

export type DefectId = (typeof TABLE)[number]["id"];

const BY_ID = Object.fromEntries(KNOWN_DEFECTS.map((defect) => [defect.id, defect])) as Record<
  DefectId,
  KnownDefect
>;

/** Whether a release has a defect, whatever the conditions. */
export function hasDefect(version: string, { first, last }: KnownDefect): boolean {
  if (compareReleases(version, first) < 0) return false;
  return last === undefined || compareReleases(version, last) <= 0;
}

/** The defects that an install is exposed to, by its release, its mode and its other fields. */
export function defectsOf(spec: MultusInstallSpec): KnownDefect[] {
  return KNOWN_DEFECTS.filter(
    (defect) =>
      hasDefect(spec.version, defect) && defect.modes.includes(spec.mode) && defect.exposes?.(spec) === true,
  );
}

/** The defect of that id. */
export function knownDefect(id: DefectId): KnownDefect {
  return BY_ID[id];
}

/** "v4.2.1 to v4.3.0", "v4.2.4 and later". */
export function rangeOf({ first, last }: KnownDefect): string {
  return last === undefined ? `${first} and later` : `${first} to ${last}`;
}

/** "multus-cni #1449, #1454". */
export function issuesOf({ issues }: KnownDefect): string {
  return `multus-cni ${issues.map((number) => `#${number}`).join(", ")}`;
}

/** How to get rid of a defect, as a sentence. */
export function fixOf({ fixedIn, remedy }: KnownDefect): string {
  const release = fixedIn === undefined ? undefined : `use ${fixedIn} or later`;
  const ways = [release, remedy].filter((way) => way !== undefined);
  return ways.length > 0 ? ways.join("; or ") : "no release fixes it yet";
}
