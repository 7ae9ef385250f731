/**
 * Builds the image of spec.plugins with Docker or buildah, whichever is there (make plugins-image).
 *
 *   node scripts/plugins-image.ts --image HOST/PROJECT/cni-plugins:v1.9.1
 *
 * --tool docker|buildah, --builder IMAGE and --base IMAGE are taken where given; what follows `--` goes to the
 * tool's build command as it is.
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { PLUGINS_TAG } from "../src/crds/multus-install/plugins.ts";
import { chooseTool, NoToolError } from "./multus-image/tools.ts";

const ROOT = resolve(import.meta.dirname, "..");

function main(args: string[]): number {
  const text = { type: "string", default: "" } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { image: text, tool: text, builder: text, base: text },
  });
  const image = values.image || `cni-plugins:${PLUGINS_TAG}`;
  const tool = chooseTool(values.tool);
  process.stdout.write(`==> ${image}, with ${tool}\n`);
  const bases = [
    ...(values.builder ? ["--build-arg", `BUILDER=${values.builder}`] : []),
    ...(values.base ? ["--build-arg", `BASE=${values.base}`] : []),
  ];
  const { status } = spawnSync(
    tool,
    [
      ...(tool === "docker" ? ["build"] : ["bud", "--layers"]),
      ...[...positionals, ...bases, "--tag", image],
      ...[
        "--file",
        join(ROOT, "images/cni-plugins/Dockerfile"),
        join(ROOT, "test/cluster/tools/cni-plugins"),
      ],
    ],
    { stdio: "inherit" },
  );
  if (status === 0) return 0;
  process.stderr.write(
    "plugins-image: the build failed; the output above shows the reason. If it cannot pull the base images, set others with BUILDER= and BASE=\n",
  );
  return 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`plugins-image: ${(error as Error).message}\n`);
  process.exitCode = error instanceof NoToolError ? 1 : 2;
}
