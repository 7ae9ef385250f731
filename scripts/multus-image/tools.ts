import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** What can build from a Dockerfile. */
export type Tool = "docker" | "buildah";

/** No tool that builds images can be used here. */
export class NoToolError extends Error {
  readonly code = "NO_IMAGE_TOOL";
}

/** What is to be known of an image before one installs it. */
export interface Figures {
  /** Of all layers, unpacked. */
  bytes: number;
  layers: number;
  entrypoint: string[];
  /** Paths of the shells in it. */
  shells: string[];
}

const SHELLS = ["bin/bash", "usr/bin/bash", "usr/local/bin/bash", "bin/sh", "usr/bin/sh", "busybox/sh"];

/**
 * Docker if its engine answers, else buildah. `wanted` is used if it works. Throws a NoToolError that names
 * what each of them lacks.
 */
export function chooseTool(wanted: string): Tool {
  const problems: Record<Tool, string | undefined> = {
    docker: problemOf("docker", ["version", "--format", "{{.Server.Version}}"]),
    buildah: problemOf("buildah", ["--version"]),
  };
  if (wanted !== "" && !(wanted in problems))
    throw new NoToolError(`TOOL=${wanted} is not supported; use docker or buildah`);
  const candidates = wanted === "" ? (["docker", "buildah"] as const) : [wanted as Tool];
  const usable = candidates.find((tool) => problems[tool] === undefined);
  if (usable) return usable;
  const reasons = candidates.map((tool) => `${tool}: ${problems[tool]}`).join("; ");
  throw new NoToolError(`Docker or buildah is required to build an image (${reasons})`);
}

function problemOf(command: string, args: string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: "pipe", timeout: 10_000 });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === "ENOENT") return "not installed";
    return stderr?.toString().trim().split("\n").at(-1) || String(error);
  }
}

export function figuresOf(tool: Tool, image: string): Figures {
  return tool === "docker" ? dockerFigures(image) : buildahFigures(image);
}

const dockerImage = z.array(
  z.object({
    Size: z.number(),
    RootFS: z.object({ Layers: z.array(z.string()) }),
    Config: z.object({ Entrypoint: z.array(z.string()).nullish() }),
  }),
);

function dockerFigures(image: string): Figures {
  const [found] = dockerImage.parse(JSON.parse(output("docker", "image", "inspect", image)));
  const container = output("docker", "create", image).trim();
  try {
    // A listing of all files, through a pipe: an exported image may be large.
    const names = output("sh", "-c", `docker export ${container} | tar -tf -`).split("\n");
    return {
      bytes: found?.Size ?? 0,
      layers: found?.RootFS.Layers.length ?? 0,
      entrypoint: found?.Config.Entrypoint ?? [],
      shells: SHELLS.filter((shell) => names.includes(shell)),
    };
  } finally {
    output("docker", "rm", container);
  }
}

const buildahImage = z.object({
  OCIv1: z.object({
    config: z.object({ Entrypoint: z.array(z.string()).nullish() }),
    rootfs: z.object({ diff_ids: z.array(z.string()) }),
  }),
});

/** Needs the rights to mount; as another user than root inside of `buildah unshare`. */
function buildahFigures(image: string): Figures {
  const { OCIv1 } = buildahImage.parse(JSON.parse(output("buildah", "inspect", "--type", "image", image)));
  const container = output("buildah", "from", "--pull=never", image).trim();
  try {
    const root = output("buildah", "mount", container).trim();
    const [kibibytes = "0"] = output("du", "-skx", root).split("\t");
    return {
      bytes: Number(kibibytes) * 1024,
      layers: OCIv1.rootfs.diff_ids.length,
      entrypoint: OCIv1.config.Entrypoint ?? [],
      shells: SHELLS.filter((shell) => existsSync(join(root, shell))),
    };
  } finally {
    output("buildah", "rm", container);
  }
}

function output(command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });
}
