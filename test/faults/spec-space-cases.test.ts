import { describe, expect, it } from "vitest";
import { RULES } from "../../src/crds/multus-install/rules.ts";
import { RenderError } from "../../src/render/errors.ts";
import { renderInstall } from "../../src/render/render.ts";
import { type Schema, schemaFields } from "../integration/hostile-installs.ts";
import { BASES } from "./spec-space-bases.ts";
import { changes, refusals } from "./spec-space-cases.ts";
import { parse, resolved, type Spec } from "./spec-space-spec.ts";

const all = changes();
const refused = refusals();
/** What these set is done by the operator, and is in none of the objects that a spec renders to. */
const STEERS = /^(rollout|attachments|plugins|dhcp|uninstall|adopt|paused|nodes$|nodes\.inspection)/;

describe("the space of specs", () => {
  it.each(schemaFields())("has right and wrong values of spec.$path", ({ path }) => {
    expect(all.filter(({ paths }) => paths.includes(path)).length).toBeGreaterThanOrEqual(1);
    expect(refused.filter((refusal) => refusal.path === path).length).toBeGreaterThanOrEqual(3);
  });

  it("has each word of an enum, and the bounds of each number", () => {
    const seen = all.map(({ to }) => JSON.stringify(to));
    const missing = schemaFields().flatMap(({ path, schema }) => {
      const name = path.replace(/^.*\./, "").replace(/\[\]$/, "");
      return boundsOf(schema)
        .filter((value) => !seen.some((text) => holds(text, name, value)))
        .map((value) => `${path}: ${value}`);
    });
    expect(missing).toEqual([]);
  });

  it("breaks each rule between fields alone", () => {
    const broken = new Set(refused.map(({ id }) => id.replace(/!.*/, "")));
    const whole = RULES.filter((_, index) => !broken.has(`rule-${index}`)).map(({ path }) => path);
    expect(whole).toEqual([]);
  });

  it("goes from one valid spec to another, and gives each plan a different id", () => {
    expect(all.filter(({ from, to }) => !parse(from).ok || !parse(to).ok)).toEqual([]);
    const ids = [...all, ...refused].map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("changes an object by each field that does not steer the operator itself, and by no other", () => {
    const effective = new Set(
      all.flatMap(({ from, to, paths }) => (rendered(from) === rendered(to) ? [] : paths)),
    );
    const paths = schemaFields().map(({ path }) => path);
    expect(paths.filter((path) => !effective.has(path) && !STEERS.test(path))).toEqual([]);
    // A whole group may come with fields that the largest of its own need around them.
    const steering = all.filter(
      ({ id, paths }) => !id.includes("=largest") && paths.every((path) => STEERS.test(path)),
    );
    expect(steering.filter(({ from, to }) => rendered(from) !== rendered(to))).toEqual([]);
  });

  it("needs each base", () => {
    const used = new Set(all.map(({ id }) => /@([^<]*)/.exec(id)?.[1]));
    expect(BASES.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });
});

function boundsOf({ enum: words = [], minimum, maximum }: Schema): unknown[] {
  return [...words, ...[minimum, maximum].filter((bound) => bound !== undefined)];
}

/** Whether a spec in JSON has the field with this value, alone or in a list. */
function holds(text: string, name: string, value: unknown): boolean {
  return new RegExp(`"${name}":(\\[[^\\]]*)?${JSON.stringify(value)}`).test(text);
}

const objects = new Map<string, string>();

/** What a spec renders, or why it does not. */
function rendered(spec: Spec): string {
  const key = JSON.stringify(spec);
  const known = objects.get(key);
  if (known !== undefined) return known;
  let text: string;
  try {
    text = JSON.stringify(renderInstall(resolved(spec, "K3s")).objects);
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    text = error.message;
  }
  objects.set(key, text);
  return text;
}
