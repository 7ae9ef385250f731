import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { withoutUnusedParts } from "../../../scripts/unused-parts.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const CLOCK = join(import.meta.dirname, "clock.ts");

/** A change of the operator's source: in the file, the text becomes another. */
export interface SourcePatch {
  /** Below the repository's root. */
  file: string;
  from: string;
  to: string;
}

let bundles: string | undefined;

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "multus-operator-victims-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Bundles the victim into one file and returns its path. Modules of src get the victim's clock in place of Node's; those
 * of packages keep the real one. Patches are applied to the source as it is read, and never to the files. The file is
 * removed when the process ends.
 */
export async function bundleVictim(patches: readonly SourcePatch[] = []): Promise<string> {
  bundles ??= temporaryDirectory();
  const outfile = join(mkdtempSync(join(bundles, "victim-")), "victim.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [victimSource(patches), withoutUnusedParts],
    legalComments: "none",
    logLevel: "error",
    define: { __REVISION__: '"faults"' },
    banner: {
      js: 'import { createRequire as bundledCreateRequire } from "node:module"; import { fileURLToPath as bundledPath } from "node:url"; const require = bundledCreateRequire(import.meta.url); const __filename = bundledPath(import.meta.url); const __dirname = bundledPath(new URL(".", import.meta.url));',
    },
  });
  return outfile;
}

function victimSource(patches: readonly SourcePatch[]): Plugin {
  return {
    name: "victim-source",
    setup({ onLoad, onEnd }) {
      const applied = new Set<SourcePatch>();
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        if (!path.startsWith(`${ROOT}/src/`)) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const patch of patches)
          if (join(ROOT, patch.file) === path) {
            contents = patched(contents, patch);
            applied.add(patch);
          }
        return { contents: onItsClock(contents), loader: "ts" };
      });
      onEnd(() => {
        const missing = patches.filter((patch) => !applied.has(patch));
        if (missing.length > 0) throw new Error(`not bundled: ${missing.map(({ file }) => file).join(", ")}`);
      });
    },
  };
}

/** The source with the patch; throws if its text is not there exactly once. */
export function patched(source: string, { file, from, to }: SourcePatch): string {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
  return parts.join(to);
}

/** The source with the victim's clock in place of Node's. */
export function onItsClock(source: string): string {
  const names = ["setTimeout", "clearTimeout", "performance", "Date", "AbortSignal"].filter((name) =>
    new RegExp(`(?<![.\\w])${name}\\b`).test(source.replaceAll(/^import .*$/gm, "")),
  );
  const renamed = source.replace(
    /^import \{ setTimeout as sleep \} from "node:timers\/promises";$/m,
    `import { sleep } from ${JSON.stringify(CLOCK)};`,
  );
  return names.length > 0
    ? `import { ${names.join(", ")} } from ${JSON.stringify(CLOCK)};${renamed}`
    : renamed;
}
