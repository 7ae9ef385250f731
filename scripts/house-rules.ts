/**
 * Checks who may import whom ("The house" in CONTRIBUTING.md): the pure folders do no I/O and know no
 * cluster, and src/kube knows nothing of Multus. Exits 1 and names file, line and rule for each breach.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** The folders whose code is a function of its arguments, and the folders each may import. */
const PURE: Record<string, readonly string[]> = {
  crds: ["crds"],
  multus: ["multus", "crds"],
  // cni: an inline primary network is checked before it is rendered.
  render: ["render", "multus", "cni", "crds"],
  cni: ["cni", "crds"],
  networks: ["networks", "multus", "cni", "crds"],
  // Tables and texts for people.
  display: ["display", "networks", "cni", "crds"],
  validate: ["validate", "networks", "render", "cni", "crds"],
  diff: ["diff"],
  import: ["import", "render", "multus", "cni", "crds"],
};
const ENGINE: Record<string, readonly string[]> = {
  kube: ["kube", "telemetry"],
  telemetry: ["telemetry"],
};
const PURE_PACKAGES = ["zod", "js-yaml", "microdiff", "node:net", "node:crypto", "node:util"];
const CLOCK_AND_ENVIRONMENT = /\b(process\.|Date\.now\(|new Date\(\)|Math\.random\(|console\.|fetch\()/;

const root = resolve(import.meta.dirname, "..");
const breaches: string[] = [];

for (const [room, mayImport] of Object.entries({ ...PURE, ...ENGINE })) {
  for (const file of sourceFiles(join(root, "src", room))) checkFile(file, room, mayImport);
}
for (const breach of breaches) process.stderr.write(`${breach}\n`);
process.exitCode = breaches.length > 0 ? 1 : 0;

function checkFile(file: string, room: string, mayImport: readonly string[]): void {
  readFileSync(file, "utf8")
    .split("\n")
    .forEach((line, index) => {
      const at = `${relative(root, file)}:${index + 1}`;
      const specifier = /(?:from|import\()\s*"([^"]+)"/.exec(line)?.[1];
      if (specifier?.startsWith(".")) {
        const target = relative(join(root, "src"), resolve(dirname(file), specifier)).split("/")[0] ?? "";
        if (!mayImport.includes(target))
          breaches.push(`${at}: src/${room} may not import src/${target} (it may: ${mayImport.join(", ")})`);
      } else if (specifier && room in PURE && !PURE_PACKAGES.includes(specifier)) {
        breaches.push(`${at}: src/${room} is pure and may not import "${specifier}"`);
      }
      if (room in PURE && CLOCK_AND_ENVIRONMENT.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line))
        breaches.push(`${at}: src/${room} is pure: no clock, no environment, no I/O`);
    });
}

function sourceFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names.filter((n) => n.endsWith(".ts") && !n.endsWith(".test.ts")).map((n) => join(folder, n));
}
