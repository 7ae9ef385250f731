import { execFileSync } from "node:child_process";

/** Why no Docker engine can be used here, or undefined where one answers. */
export function dockerProblem(): string | undefined {
  try {
    execFileSync("docker", ["version", "--format", "{{.Server.Version}}"], {
      stdio: "pipe",
      timeout: 10_000,
    });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    return stderr?.toString().trim().split("\n").at(-1) || "docker is not installed";
  }
}
