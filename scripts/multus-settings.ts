import { FIXED_KEYS } from "../src/multus/daemon-config.ts";
import { FLAGS, hasFlag, REJECTED_FLAGS } from "../src/multus/entrypoint-flags.ts";
import { NEWEST_RELEASE } from "../src/multus/releases.ts";

/** A field of the CRD with its description, by path: `spec.cni.confDir`. */
export interface DescribedField {
  path: string;
  description: string;
}

/** What a field sets in each flavour of Multus; empty where it sets nothing there. */
export interface Settings {
  v34: string[];
  thin: string[];
  thick: string[];
}

/** Environment of the v3.4 entrypoint that no field sets, and why. */
export const FIXED_ENVIRONMENT: Record<string, string> = {
  KUBE_CA_FILE: "the CA of the pod's service account is the right one",
};

/** The flags as the table of flags has them, the variables and keys as the field's description names them. */
export function settingsOf({ path, description }: DescribedField): Settings {
  const flags = FLAGS.filter(({ field }) => `spec.${field}` === path);
  const text = (names: { name: string }[]) => names.map(({ name }) => `--${name}`);
  return {
    v34: [
      ...text(flags.filter((flag) => hasFlag("v3.4.2", flag) && !V4_ONLY.includes(flag.name))),
      ...matches(description, /\benvironment ([A-Z_]+)/g),
    ],
    thin: text(flags.filter((flag) => hasFlag(NEWEST_RELEASE, flag))),
    thick: matches(description, /\bkeys? ((?:[a-z][A-Za-z.]*[A-Za-z](?:, )?)+)/g),
  };
}

/** Nothing that is safe to set with v3.4 (see the table of flags). */
const V4_ONLY = ["cleanup-config-on-exit"];

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, names = ""]) =>
    names.split(", ").filter((name) => name !== ""),
  );
}

/** The two tables of the reference: what each field sets, and what none does. */
export function settingsTables(fields: readonly DescribedField[]): string {
  const code = (names: string[]) => names.map((name) => `\`${name}\``).join("<br>");
  const rows = fields
    .map((field) => ({ path: field.path, ...settingsOf(field) }))
    .filter(({ v34, thin, thick }) => v34.length + thin.length + thick.length > 0)
    .map(({ path, v34, thin, thick }) => `| \`${path}\` | ${code(v34)} | ${code(thin)} | ${code(thick)} |`);
  const fixed = [
    ...Object.entries(REJECTED_FLAGS).map(([name, why]) => ["flag", `--${name}`, why]),
    ...Object.entries(FIXED_ENVIRONMENT).map(([name, why]) => ["environment", name, why]),
    ...Object.entries(FIXED_KEYS).map(([name, why]) => ["key", name, why]),
  ].map(([kind, name, why]) => `| ${kind} \`${name}\` | ${why} |`);
  return `## What each field sets in Multus

| Field | v3.4.2: flags of entrypoint.sh | v4 thin: flags of thin_entrypoint | v4 thick: keys of daemon-config.json |
|---|---|---|---|
${rows.join("\n")}

## What no field sets

| In Multus | Why |
|---|---|
${fixed.join("\n")}
`;
}
