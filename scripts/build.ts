/**
 * Bundles src/main.ts into dist/multus-operator.mjs and the parts that it loads, dist/parts, and writes bin/multus-operator, which runs it with
 * Node 24, and the same as the kubectl plugin bin/kubectl-multus. The same tree gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { withoutUnusedParts } from "./unused-parts.ts";

const root = resolve(import.meta.dirname, "..");
const bundle = join(root, "dist/multus-operator.mjs");

/** The commit, with "-dirty" where the tree differs from it; empty outside of a git clone. */
function revision(): string {
  try {
    const args = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    return execFileSync("git", args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

const { outputFiles } = await build({
  // Two runs of tests build at once now and then: a file is replaced whole.
  write: false,
  entryPoints: [join(root, "src/main.ts")],
  outdir: dirname(bundle),
  entryNames: "multus-operator",
  // Each command is loaded when it runs (src/main.ts).
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // Node keeps the text of the bundle in memory, and most of it is the models of client-node. Names stay, for
  // stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: "linked",
  sourcesContent: false,
  plugins: [withoutUnusedParts],
  legalComments: "none",
  logLevel: "warning",
  define: { __REVISION__: JSON.stringify(revision()) },
  // CommonJS packages inside an ES module bundle look for these two.
  banner: {
    js: 'import { createRequire as bundledCreateRequire } from "node:module"; import { fileURLToPath as bundledPath } from "node:url"; const require = bundledCreateRequire(import.meta.url); const __filename = bundledPath(import.meta.url); const __dirname = bundledPath(new URL(".", import.meta.url));',
  },
});

const parts = join(dirname(bundle), "parts");
mkdirSync(parts, { recursive: true });
// What loads the others comes last.
const isPart = ({ path }: { path: string }) => dirname(path) === parts;
for (const { path, contents } of [
  ...outputFiles.filter(isPart),
  ...outputFiles.filter((file) => !isPart(file)),
]) {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, contents);
  renameSync(unfinished, path);
}
const made = new Set(outputFiles.filter(isPart).map(({ path }) => basename(path)));
const isLeft = (name: string) => /\.mjs(\.map)?$/.test(name) && !made.has(name);
for (const name of readdirSync(parts).filter(isLeft)) rmSync(join(parts, name), { force: true });

const LAUNCHER = `#!/bin/sh
# Runs the bundle with the Node that package.json pins, else with the one on the PATH if that is new enough.
# Called kubectl-multus, by a link too, it is the plugin: kubectl multus; kubectl_complete-multus completes its words.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
node="$here/node_modules/.bin/node"
if [ ! -x "$node" ]; then
  node=$(command -v node) || { echo "multus-operator needs Node 24 or later, and there is no node on the PATH" >&2; exit 2; }
  major=$("$node" -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 24 ] || { echo "multus-operator needs Node 24 or later; $node is version $major" >&2; exit 2; }
fi
case $(basename -- "$0") in
  kubectl-multus) set -- kubectl-multus "$@" ;;
  kubectl_complete-multus) set -- kubectl_complete-multus "$@" ;;
esac
exec "$node" --enable-source-maps "$here/dist/multus-operator.mjs" "$@"
`;
mkdirSync(join(root, "bin"), { recursive: true });
for (const name of ["multus-operator", "kubectl-multus", "kubectl_complete-multus"]) {
  const launcher = join(root, "bin", name);
  writeFileSync(launcher, LAUNCHER);
  chmodSync(launcher, 0o755);
}

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const programs = outputFiles.filter(({ path }) => path.endsWith(".mjs"));
const size = programs.reduce((sum, { contents }) => sum + contents.length, 0);
process.stderr.write(
  `built dist/multus-operator.mjs ${version}, ${programs.length} files of ${Math.round(size / 1024)} KiB\n`,
);
