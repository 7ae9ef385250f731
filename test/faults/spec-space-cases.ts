import { isDeepStrictEqual } from "node:util";
import { RULES } from "../../src/crds/multus-install/rules.ts";
import { RenderError } from "../../src/render/errors.ts";
import { renderInstall } from "../../src/render/render.ts";
import { hostileCases, type SchemaField, schemaFields, withField } from "../integration/hostile-installs.ts";
import { REFUSED } from "../integration/rejected-specs.ts";
import { BASES, type Base, FLAVOURS, QUIET } from "./spec-space-bases.ts";
import { merged, parse, resolved, type Spec } from "./spec-space-spec.ts";
import { largestOf, valuesOf } from "./spec-space-values.ts";

/**
 * The space of specs, generated from the schema of MultusInstall: each field with each of its right values, changed from
 * a spec without it and back, and each value that is not right.
 */

/** One plan: from a spec to another one that differs in a field, and back. */
export interface Change {
  /** `workload.labels{}=2@thin`: replays it. */
  id: string;
  /** The fields that it stands for, as the schema has them: the same specs may come from several. */
  paths: string[];
  from: Spec;
  /** Another value first: a list or a map must be replaced then, and not merged. */
  via?: Spec;
  to: Spec;
}

/** One plan: a spec that the API server must refuse, with a message that names the field. */
export interface Refusal {
  id: string;
  /** As the schema has it, or of a rule between fields. */
  path: string;
  spec: unknown;
  /** One of these must be in the message: the field, or a group that it is in. */
  names: readonly string[];
}

/** All changes, in an order that keeps those from the same spec together. */
export function changes(): Change[] {
  const all = schemaFields().flatMap((field) => [...ofField(field), ...largestOfGroup(field)]);
  const distinct = [
    ...Map.groupBy(all, ({ from, via, to }) => JSON.stringify([from, via ?? null, to])).values(),
  ].flatMap(([first, ...others]) =>
    first ? [{ ...first, paths: [...new Set([first, ...others].flatMap(({ paths }) => paths))] }] : [],
  );
  return [...Map.groupBy(distinct, ({ from }) => JSON.stringify(from)).values()].flat();
}

/** A field's values in each base that they are right in: all of them in the first, two in the other flavours. */
function ofField(field: SchemaField): Change[] {
  const { path } = field;
  const values = valuesOf(field);
  const tried = new Set<number>();
  return BASES.flatMap((base) => {
    const right = values.flatMap((value, index) => {
      const to = specWith(field, base, value);
      return isRight(to) ? [{ to, index }] : [];
    });
    const fresh = right.filter(({ index }) => !tried.has(index));
    for (const { index } of fresh) tried.add(index);
    const again = FLAVOURS.includes(base.name) && !path.includes("Affinity.") ? right.slice(0, 2) : [];
    const chosen = right.filter((one) => fresh.includes(one) || again.includes(one));
    return chosen.flatMap(({ to, index }, position): Change[] => {
      const id = `${path}=${index}@${base.name}`;
      const others = right.filter((one) => one.index !== index).map((one) => one.to);
      const from = [rootOf(to), specWithout(field, base), ...others].find(
        (spec) => isInstallable(spec) && !isDeepStrictEqual(spec, to),
      );
      if (!from) return [];
      const via = chosen
        .slice(0, position)
        .findLast((one) => isInstallable(one.to) && !isDeepStrictEqual(one.to, from))?.to;
      const isChained = fresh.length > 1 && (isContainer(field) || field.entry?.within !== undefined);
      return [
        { id, paths: [path], from, to },
        ...(via && isChained ? [{ id: `${id}<`, paths: [path], from, via, to }] : []),
      ];
    });
  });
}

/** A group of fields, each as long as it may be: what holds them all must have room. */
function largestOfGroup({ path, schema }: SchemaField): Change[] {
  const names = Object.keys(schema.properties ?? {});
  if (names.length < 2 || path.includes("[]") || path === "") return [];
  return BASES.filter(({ name }) => FLAVOURS.includes(name)).flatMap((base) => {
    let to = base.spec;
    for (const name of names) {
      const field = fieldAt(`${path}.${name}`);
      const next = withField(field.path, { within: merged(to, field.entry?.within ?? {}) }, largestOf(field));
      if (isRight(next)) to = next;
    }
    return isDeepStrictEqual(to, base.spec)
      ? []
      : [{ id: `${path}=largest@${base.name}`, paths: [path], from: base.spec, to }];
  });
}

/** What the API server must refuse: each field's hostile values, and each rule between fields broken. */
export function refusals(): Refusal[] {
  const ofFields = schemaFields().flatMap(({ path, schema, entry }) =>
    (entry ? hostileCases(path, schema, entry) : []).map(({ spec }, index) => ({
      id: `${path}!${index}`,
      path,
      spec,
      names: groupsOf(path),
    })),
  );
  const listed = REFUSED.map(({ spec, field }, index) => ({
    id: `listed!${index}`,
    path: field.replace(/^spec\./, "").replaceAll(/\[\d+\]/g, "[]"),
    spec,
    names: [field],
  }));
  return [...ofFields, ...listed, ...brokenRules()];
}

/** For each rule between fields, specs that break it and no other: of two right ones, put together. */
function brokenRules(): Refusal[] {
  const right = schemaFields().flatMap((field) => {
    const inBases = BASES.map((base) =>
      valuesOf(field)
        .slice(0, 5)
        .map((value) => specWith(field, base, value)),
    );
    return inBases.map((specs) => specs.filter(isRight)).find((specs) => specs.length > 0) ?? [];
  });
  const distinct = [...new Map(right.map((spec) => [JSON.stringify(spec), spec])).values()];
  const found = new Map<string, Refusal[]>();
  for (const one of distinct)
    for (const base of [...BASES.map(({ spec }) => spec), ...AT_ODDS]) {
      const spec = merged(one, base);
      const parsed = parse(spec);
      if (parsed.ok || parsed.problems.some(({ code }) => code !== "CONTRADICTION")) continue;
      const [first, ...others] = parsed.problems;
      if (!first || others.length > 0) continue;
      const rule = RULES.findIndex(({ path, message }) => path === first.path && message === first.message);
      const key = `rule-${rule}`;
      const known = found.get(key) ?? [];
      if (known.length >= 8 || known.some((other) => isDeepStrictEqual(other.spec, spec))) continue;
      const path = first.path.replace(/^spec\./, "");
      found.set(key, [...known, { id: `${key}!${known.length}`, path, spec, names: [first.path] }]);
    }
  return [...found.values()].flat();
}

/** Single fields that others do not go together with. */
const AT_ODDS: readonly Spec[] = [
  ...["v3.4.0", "v3.4.2", "v3.7.1", "v4.0.2", "v4.2.4"].map((version) => ({ version })),
  ...["OpenShift", "Talos"].map((distribution) => ({ distribution })),
  { mode: "Thin" },
  { version: "v4.0.2", mode: "Thick" },
  { entrypoint: { renameConfFile: true } },
  { attachments: { admission: "Off" } },
  { logging: { hostDir: "/var/log/cni" } },
  { daemon: { clusterNetwork: "calico" } },
  { plugins: { install: "Missing" } },
  { plugins: { include: ["macvlan"] } },
];

function specWith({ path, entry }: SchemaField, base: Base, value: unknown): Spec {
  return withField(path, { within: merged(base.spec, entry?.within ?? {}) }, value);
}

/** The spec around the field. */
function specWithout({ entry }: SchemaField, base: Base): Spec {
  return merged(base.spec, entry?.within ?? {});
}

/** The defaults of the flavour that a spec is of. */
function rootOf({ version, mode }: Spec): Spec {
  return { ...QUIET, ...(version ? { version } : {}), ...(mode ? { mode } : {}) };
}

function fieldAt(path: string): SchemaField {
  const found = schemaFields().find((field) => field.path === path);
  if (!found) throw new Error(`the schema has no field ${path}`);
  return found;
}

function isContainer({ schema }: SchemaField): boolean {
  return schema.type === "array" || schema.additionalProperties !== undefined;
}

/** spec.image.pullSecrets[] and its groups, without the signs for items. */
function groupsOf(path: string): string[] {
  const parts = path.replaceAll(/\[\]|\{\}/g, "").split(".");
  return parts.map((_, index) => `spec.${parts.slice(0, index + 1).join(".")}`).toReversed();
}

/** Asked again and again of the same specs. */
const isRightOf = new Map<string, boolean>();

function isRight(spec: Spec): boolean {
  const key = JSON.stringify(spec);
  const known = isRightOf.get(key) ?? parse(spec).ok;
  isRightOf.set(key, known);
  return known;
}

/** Whether a fresh install of it would run: what is refused only when it is rendered is no spec to start from. */
export function isInstallable(spec: Spec): boolean {
  if (!isRight(spec)) return false;
  try {
    renderInstall(resolved(spec, "K3s"));
    return true;
  } catch (error) {
    if (error instanceof RenderError) return false;
    throw error;
  }
}
