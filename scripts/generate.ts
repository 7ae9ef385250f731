/**
 * Writes what the schemas can say: the CRDs and the API reference. With --check it writes nothing, names
 * each file that differs from what would be written, and exits 1.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { dump } from "js-yaml";
import { REASONS } from "../src/crds/conditions.ts";
import { customResourceDefinitions } from "../src/crds/definitions.ts";
import { REPORT_REASONS } from "../src/crds/network-attachment-report/reasons.ts";
import { NETWORK_ATTACHMENT_REPORT } from "../src/crds/network-attachment-report/report.ts";
import { type Definition, describedFields, fieldTable } from "./field-table.ts";
import { findingsPage } from "./findings-page.ts";
import { knownDefectsPage } from "./known-defects-page.ts";
import { settingsTables } from "./multus-settings.ts";
import { pluginReference } from "./plugin-reference.ts";

const HEADER = "# Generated from src/crds by `npm run generate`. Do not edit.\n";

/** The generated files: their paths below the project's root, and what they must hold. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const crd of customResourceDefinitions()) {
    const [plural, ...group] = crd.metadata.name.split(".");
    const yaml = HEADER + dump(crd, { lineWidth: -1, noRefs: true });
    files.set(`manifests/crds/${group.join(".")}_${plural}.yaml`, yaml);
    files.set(`charts/multus-operator/crds/${group.join(".")}_${plural}.yaml`, yaml);
    files.set(`docs/reference/${plural}.md`, reference(crd as unknown as Definition));
  }
  files.set("docs/reference/kubectl-multus.md", pluginReference());
  files.set(
    "docs/reference/known-defects.md",
    `<!-- Generated from src/multus/known-defects-table.ts by \`npm run generate\`. Do not edit. -->\n\n${knownDefectsPage()}`,
  );
  files.set(
    "docs/reference/findings.md",
    `<!-- Generated from src/validate/codes by \`npm run generate\`. Do not edit. -->\n\n${findingsPage()}`,
  );
  return files;
}

function reference(crd: Definition): string {
  const isReport = crd.spec.names.kind === NETWORK_ATTACHMENT_REPORT.kind;
  const reasons = Object.entries(isReport ? REPORT_REASONS : REASONS);
  return `<!-- Generated from src/crds by \`npm run generate\`. Do not edit. -->
${fieldTable(crd)}
${isReport ? "" : settingsTables(describedFields(crd))}
## Reasons of the conditions

| Reason | Meaning |
|---|---|
${reasons.map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`).join("\n")}
`;
}

/** Writes the files that differ, or with `check` only says which do. Returns how many differ. */
function generate(root: string, check: boolean): number {
  const stale = [...generatedFiles()].filter(([file, text]) => read(join(root, file)) !== text);
  for (const [file, text] of stale) {
    if (check) process.stderr.write(`${file} is stale: run \`npm run generate\`\n`);
    else {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
      process.stderr.write(`wrote ${file}\n`);
    }
  }
  return stale.length;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      root: { type: "string", default: resolve(import.meta.dirname, "..") },
    },
  });
  const stale = generate(values.root, values.check);
  process.exitCode = values.check && stale > 0 ? 1 : 0;
}
