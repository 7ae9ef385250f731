/**
 * Builds a Multus image with Docker or buildah, whichever is there, and prints its figures (make multus-image).
 *
 *   node scripts/multus-image.ts --version v3.4.2 --variant small --image HOST/PROJECT/multus-cni:v3.4.2-small
 *
 * --tool docker|buildah, --builder IMAGE and --base IMAGE are taken where given; what follows `--` goes to the
 * tool's build command as it is.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { chooseTool, type Figures, figuresOf, NoToolError } from "./multus-image/tools.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** A way to an image: its Dockerfile, the stage to end on, and the argument that names the image below it. */
interface Variant {
  dockerfile: string;
  context: string;
  target: string;
  baseArgument: string;
  /** spec.image.layout that the image needs. */
  layout: string;
}

const UPSTREAM = "none (upstream's)";
const V3 = { dockerfile: "images/multus/Dockerfile.v3", context: "test/cluster/tools/multus-v3" };
const V4 = { dockerfile: "images/multus/Dockerfile.v4", context: "test/cluster/tools/multus-v4" };
const VARIANTS: Record<"v3" | "v4", Record<string, Variant>> = {
  v3: {
    distribution: { ...V3, target: "distribution", baseArgument: "DISTRIBUTION", layout: UPSTREAM },
    small: {
      ...V3,
      target: "small",
      baseArgument: "SMALL",
      layout:
        '{ command: [bash, /go/src/github.com/intel/multus-cni/images/entrypoint.sh], mountPrefix: "" }',
    },
  },
  v4: {
    thin: { ...V4, target: "thin", baseArgument: "THIN", layout: UPSTREAM },
    thick: { ...V4, target: "thick", baseArgument: "THICK", layout: UPSTREAM },
  },
};

/** What is asked for cannot be built. The message is for the user, in one line. */
export class ImageBuildError extends Error {
  readonly code = "IMAGE_BUILD";
}

export interface Request {
  version: string;
  variant: string;
}

/**
 * The variant for a request. Throws an ImageBuildError that says what there is, for an unknown version or variant;
 * the versions are those that the build contexts pin with their checksums.
 */
export function variantFor({ version, variant }: Request): Variant {
  const pinned = {
    v3: pinnedVersion(V3.context, "gopkg.in/intel/multus-cni.v3"),
    v4: pinnedVersion(V4.context, "gopkg.in/k8snetworkplumbingwg/multus-cni.v4"),
  };
  const offers = (["v3", "v4"] as const)
    .flatMap((line) =>
      Object.keys(VARIANTS[line]).map(
        (name) => `  make multus-image VERSION=${pinned[line]} VARIANT=${name}`,
      ),
    )
    .join("\n");
  const line = version === pinned.v3 ? "v3" : version === pinned.v4 ? "v4" : undefined;
  if (version === "" || variant === "")
    throw new ImageBuildError(`VERSION and VARIANT are required. Available:\n${offers}`);
  if (line === undefined)
    throw new ImageBuildError(
      `VERSION=${version} cannot be built: go.mod in ${version.startsWith("v3") ? V3.context : V4.context} pins ${version.startsWith("v3") ? pinned.v3 : pinned.v4}. To build another release, change go.mod and go.sum there. Available:\n${offers}`,
    );
  const found = VARIANTS[line][variant];
  if (!found)
    throw new ImageBuildError(`VARIANT=${variant} does not exist for ${version}. Available:\n${offers}`);
  return found;
}

function pinnedVersion(context: string, module: string): string {
  const goMod = readFileSync(join(ROOT, context, "go.mod"), "utf8");
  return new RegExp(`${module.replaceAll(".", "\\.")} (v\\S+)`).exec(goMod)?.[1] ?? "";
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      version: { type: "string", default: "" },
      variant: { type: "string", default: "" },
      image: { type: "string", default: "" },
      tool: { type: "string", default: "" },
      builder: { type: "string", default: "" },
      base: { type: "string", default: "" },
    },
  });
  const variant = variantFor(values);
  const image = values.image || `multus-cni:${values.version}-${values.variant}`;
  const tool = chooseTool(values.tool);
  const bases = [
    ...(values.builder ? [["BUILDER", values.builder]] : []),
    ...(values.base ? [[variant.baseArgument, values.base]] : []),
  ].map(([name, value]) => `${name}=${value}`);
  say(`==> ${image}: ${values.version}, variant ${values.variant}, with ${tool}`);
  if (bases.length > 0) say(`    ${bases.join(", ")}`);
  const start = Date.now();
  await run(tool, [
    ...(tool === "docker" ? ["build"] : ["bud", "--layers"]),
    ...positionals,
    ...bases.flatMap((argument) => ["--build-arg", argument]),
    "--target",
    variant.target,
    "--tag",
    image,
    "--file",
    join(ROOT, variant.dockerfile),
    join(ROOT, variant.context),
  ]);
  const seconds = (Date.now() - start) / 1000;
  say(table({ image, variant, seconds, figures: figuresOf(tool, image) }));
}

function table(found: { image: string; variant: Variant; seconds: number; figures: Figures }): string {
  const { image, variant, seconds, figures } = found;
  const rows = [
    ["image", image],
    ["size", `${(figures.bytes / 1024 / 1024).toFixed(1)} MiB, unpacked`],
    ["layers", String(figures.layers)],
    ["shell", figures.shells.join(", ") || "none"],
    ["command", figures.entrypoint.join(" ")],
    ["layout", variant.layout],
    ["time", `${seconds.toFixed(1)} s`],
  ];
  return `==> built\n${rows.map(([name, value]) => `    ${name?.padEnd(8)} ${value}`).join("\n")}`;
}

/** With the tool's own progress on this terminal. */
function run(command: string, args: string[]): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", failed);
    child.on("exit", (code) =>
      code === 0
        ? done()
        : failed(
            new ImageBuildError(
              `${command} ended with exit code ${code}; its output above shows the reason. If it cannot pull the base images, set others with BUILDER= and BASE=`,
            ),
          ),
    );
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`multus-image: ${(error as Error).message}\n`);
    process.exitCode = error instanceof ImageBuildError || error instanceof NoToolError ? 1 : 2;
  }
}
