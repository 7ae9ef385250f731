/** Bundles src/main.ts into dist/multus-operator.mjs, and writes bin/multus-operator, which runs it with Node 24. */
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const bundle = join(root, "dist/multus-operator.mjs");

await build({
  entryPoints: [join(root, "src/main.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  sourcemap: "linked",
  legalComments: "none",
  logLevel: "warning",
  // CommonJS packages inside an ES module bundle look for these two.
  banner: {
    js: 'import { createRequire as bundledCreateRequire } from "node:module"; import { fileURLToPath as bundledPath } from "node:url"; const require = bundledCreateRequire(import.meta.url); const __filename = bundledPath(import.meta.url); const __dirname = bundledPath(new URL(".", import.meta.url));',
  },
});

mkdirSync(join(root, "bin"), { recursive: true });
const launcher = join(root, "bin/multus-operator");
writeFileSync(
  launcher,
  `#!/bin/sh
# Runs the bundle with the Node that package.json pins, else with the one on the PATH.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
node="$here/node_modules/.bin/node"
[ -x "$node" ] || node=node
exec "$node" --enable-source-maps --disable-warning=DEP0040 "$here/dist/multus-operator.mjs" "$@"
`,
);
chmodSync(launcher, 0o755);
process.stderr.write(`built dist/multus-operator.mjs, ${Math.round(statSync(bundle).size / 1024)} KiB\n`);
