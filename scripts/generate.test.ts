import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { customResourceDefinitions } from "../src/crds/definitions.ts";

const CRD = "multus-operator.dev_multusinstalls.yaml";
const REPORTS = "multus-operator.dev_networkattachmentreports.yaml";
const FILES = [
  `manifests/crds/${CRD}`,
  `charts/multus-operator/crds/${CRD}`,
  "docs/reference/multusinstalls.md",
  `manifests/crds/${REPORTS}`,
  `charts/multus-operator/crds/${REPORTS}`,
  "docs/reference/networkattachmentreports.md",
  "docs/reference/kubectl-multus.md",
  "docs/reference/known-defects.md",
  "docs/reference/findings.md",
];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "generate-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function generate(...args: string[]) {
  const script = join(import.meta.dirname, "generate.ts");
  return spawnSync(process.execPath, [script, "--root", root, ...args], { encoding: "utf8" });
}

describe("npm run generate", () => {
  test("writes the CRD for kubectl and for the chart, and the reference; a second run writes nothing", () => {
    expect(generate().stderr).toBe(FILES.map((file) => `wrote ${file}\n`).join(""));
    const [manifest, chart, reference] = FILES.map((file) => readFileSync(join(root, file), "utf8"));
    expect(load(manifest ?? "")).toEqual(JSON.parse(JSON.stringify(customResourceDefinitions()[0])));
    expect(chart).toBe(manifest);
    expect(reference).toContain("| `spec.cni.confDir` | `--multus-autoconfig-dir`<br>`--cni-conf-dir`");
    expect(generate().stderr).toBe("");
  });

  test("--check writes nothing, names each stale file and exits 1", () => {
    const missing = generate("--check");
    expect(missing.status).toBe(1);
    expect(missing.stderr).toBe(FILES.map((file) => `${file} is stale: run \`npm run generate\`\n`).join(""));
    generate();
    expect(generate("--check").status).toBe(0);
    appendFileSync(join(root, `charts/multus-operator/crds/${CRD}`), "# edited by hand\n");
    const edited = generate("--check");
    expect(edited.status).toBe(1);
    expect(edited.stderr).toBe(`charts/multus-operator/crds/${CRD} is stale: run \`npm run generate\`\n`);
  });
});
