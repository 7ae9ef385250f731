/**
 * Writes what the schemas can say: the CRDs and the API reference. With --check it writes nothing, names
 * each file that differs from what would be written, and exits 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { dump } from "js-yaml";
import { REASONS } from "../src/crds/conditions.ts";
import { customResourceDefinitions } from "../src/crds/definitions.ts";
import { fieldTable } from "./field-table.ts";

const root = resolve(import.meta.dirname, "..");
const HEADER = "# Generated from src/crds by `npm run generate`. Do not edit.\n";

function outputs(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const crd of customResourceDefinitions()) {
    const [plural, ...group] = crd.metadata.name.split(".");
    const yaml = HEADER + dump(crd, { lineWidth: -1, noRefs: true });
    files[`manifests/crds/${group.join(".")}_${plural}.yaml`] = yaml;
    files[`charts/multus-operator/crds/${group.join(".")}_${plural}.yaml`] = yaml;
    files[`docs/reference/${plural}.md`] = reference(crd as unknown as Parameters<typeof fieldTable>[0]);
  }
  return files;
}

function reference(crd: Parameters<typeof fieldTable>[0]): string {
  const reasons = Object.entries(REASONS).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`);
  return `<!-- Generated from src/crds by \`npm run generate\`. Do not edit. -->
${fieldTable(crd)}
## Reasons of the conditions

| Reason | Means |
|---|---|
${reasons.join("\n")}
`;
}

const check = process.argv.includes("--check");
let stale = 0;
for (const [file, text] of Object.entries(outputs())) {
  const path = join(root, file);
  if (read(path) === text) continue;
  stale++;
  if (check) process.stderr.write(`${file} is stale: run \`npm run generate\`\n`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stderr.write(`wrote ${file}\n`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
