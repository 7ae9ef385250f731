/**
 * Checks who may import whom ("Layout" and "Rules" in CONTRIBUTING.md): the pure rooms do no I/O and know no cluster,
 * src/kube knows nothing of Multus, rooms of controllers import only controllers/shared, the kubectl plugin
 * imports no controller, each room's error classes are in its errors.ts, and neither files nor folders form cycles. Exits 1 and names
 * file, line and rule for each breach.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { betweenSiblings, type Edge, importCycles } from "./import-cycles.ts";

/** The rooms whose code is a function of its arguments, and the rooms each may import. */
const PURE: Record<string, readonly string[]> = {
  crds: ["crds"],
  multus: ["multus", "crds"],
  // cni: an inline primary network is checked before it is rendered.
  render: ["render", "multus", "cni", "crds"],
  cni: ["cni", "crds"],
  // multus: what a network meets in the running release.
  networks: ["networks", "multus", "cni", "crds"],
  // render: what a pod runs is recognized by what render writes.
  diagnosis: ["diagnosis", "networks", "render", "multus", "cni", "crds"],
  // Tables and texts for people.
  display: ["display", "diagnosis", "networks", "cni", "crds"],
  validate: ["validate", "networks", "render", "multus", "cni", "crds", "yaml"],
  // YAML as kubectl reads it.
  yaml: ["yaml"],
  diff: ["diff", "display", "crds"],
  import: ["import", "render", "multus", "cni", "crds"],
};
const ENGINE: Record<string, readonly string[]> = {
  kube: ["kube", "telemetry"],
  telemetry: ["telemetry", "listen"],
  // What every server that listens needs, whatever it serves.
  listen: ["listen"],
};
const PURE_PACKAGES = ["zod", "js-yaml", "yaml", "microdiff", "node:net", "node:crypto", "node:util"];
const CLOCK_AND_ENVIRONMENT = /\b(process\.|Date\.now\(|new Date\(\)|Math\.random\(|console\.|fetch\()/;

/** Kinds of which the operator has one watch, in controllers/shared: a second one would cost its memory again. */
const WATCHED_ONCE = /^\s*type: (MULTUS_INSTALL|NODES|NETWORK_ATTACHMENT_DEFINITIONS),$/;

/** What decides in a reconcile is a function of what was observed: it neither waits nor asks the clock. */
const DECIDES =
  /^src\/controllers\/install\/(decide\/.*|conclude|canary\/(canary|canary-step|gate)|rollout\/(assess|progress|rollback|rollout-step|served-nodes|live-workloads|leftovers)|deletion\/decide-deletion|status\/(status|conditions))\.ts$/;

interface Import {
  /** "src/x.ts:12" */
  at: string;
  from: string;
  file: string;
  /** The imported file; undefined for a package. */
  target: string | undefined;
  /** Its room. */
  to: string | undefined;
  specifier: string;
}

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");
const breaches: string[] = [];
const imports = sourceFiles().flatMap(importsOf);

for (const each of imports) breaches.push(...breachesOf(each));
breaches.push(
  ...importCycles(betweenFiles(), "files"),
  ...importCycles(betweenSiblings(betweenFiles()), "folders"),
);
for (const breach of breaches) process.stderr.write(`${breach}\n`);
process.exitCode = breaches.length > 0 ? 1 : 0;

/** The room of a file below src: its top folder, and for controllers and commands/kubectl the second one too. */
function roomOf(path: string): string {
  const parts = relative(source, path).split("/");
  const [first = "", second = ""] = parts;
  if (parts.length === 1) return "program";
  const isNested = first === "controllers" || (first === "commands" && second === "kubectl");
  return isNested ? `${first}/${second}` : first;
}

function importsOf(file: string): Import[] {
  const from = roomOf(file);
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      const at = `${relative(root, file)}:${index + 1}`;
      breaches.push(...breachesOfLine(line, file).map((breach) => `${at}: ${breach}`));
      const specifier = /(?:from|import\()\s*"([^"]+)"/.exec(line)?.[1];
      if (specifier === undefined) return [];
      const target = specifier.startsWith(".") ? resolve(dirname(file), specifier) : undefined;
      return [{ at, from, file, target, to: target && roomOf(target), specifier }];
    });
}

function breachesOfLine(line: string, file: string): string[] {
  const from = roomOf(file);
  const isComment = /^\s*(\*|\/\/|\/\*)/.test(line);
  const isTimed = CLOCK_AND_ENVIRONMENT.test(line);
  const found: string[] = [];
  if (from in PURE && isTimed && !isComment)
    found.push(`src/${from} is pure: no clock, no environment, no I/O`);
  if (DECIDES.test(relative(root, file)) && (/\bawait\b/.test(line) || isTimed) && !isComment)
    found.push("this file decides, and is pure: no await, no clock");
  if (/^export class \w+ extends (Error|\w+Error)\b/.test(line) && basename(file) !== "errors.ts")
    found.push("the error classes of a room are in its errors.ts");
  if (from.startsWith("controllers/") && from !== "controllers/shared" && WATCHED_ONCE.test(line))
    found.push("use the cache of src/controllers/shared: this kind is watched once");
  return found;
}

function breachesOf({ at, from, to, specifier }: Import): string[] {
  if (to === undefined)
    return from in PURE && !PURE_PACKAGES.includes(specifier)
      ? [`${at}: src/${from} is pure and may not import "${specifier}"`]
      : [];
  const mayImport = PURE[from] ?? ENGINE[from];
  if (mayImport && !mayImport.includes(to))
    return [`${at}: src/${from} may not import src/${to} (it may: ${mayImport.join(", ")})`];
  if (from === to || !to.startsWith("controllers/")) return [];
  if (from === "controllers/shared") return [`${at}: src/${from} may not import src/${to}`];
  if (from.startsWith("controllers/") && to !== "controllers/shared")
    return [`${at}: rooms of controllers import only src/controllers/shared, not src/${to}`];
  if (from === "commands/kubectl") return [`${at}: the kubectl plugin may not import src/${to}`];
  return [];
}

/** Imports of types too: a file is read, and changed, together with those whose types it has. */
function betweenFiles(): Edge[] {
  return imports.flatMap(({ at, file, target }) =>
    target === undefined ? [] : [{ at, from: relative(root, file), to: relative(root, target) }],
  );
}

function sourceFiles(): string[] {
  const names = readdirSync(source, { recursive: true, encoding: "utf8" });
  return names.filter((n) => n.endsWith(".ts") && !n.endsWith(".test.ts")).map((n) => join(source, n));
}
