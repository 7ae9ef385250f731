import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { binary } from "./binaries.ts";
import { Daemon } from "./daemon.ts";
import { dockerProblem } from "./docker.ts";
import { execute } from "./execute.ts";
import { image } from "./images.ts";
import { releasePorts, reservePorts } from "./ports.ts";
import type { RegistryServer } from "./registry.ts";

const CONFIGURATION = "config.yml";
const PORT = 5000;

/**
 * Runs distribution on the configuration in `directory`: in a container where a Docker engine runs, else as
 * a process of this machine, which it says on standard error.
 */
export async function startRegistryServer(directory: string, address: string): Promise<RegistryServer> {
  const problem = dockerProblem();
  if (problem === undefined) return await startContainer(directory);
  process.stderr.write(`registry: runs as a process, not in a container: ${problem}\n`);
  return await startProcess(directory, address);
}

async function startProcess(directory: string, address: string): Promise<RegistryServer> {
  const [port = 0] = await reservePorts(1, address);
  const daemon = Daemon.start({
    name: "registry",
    command: await binary("registry"),
    args: ["serve", CONFIGURATION],
    cwd: directory,
    env: { ...process.env, REGISTRY_HTTP_ADDR: `${address}:${port}`, OTEL_TRACES_EXPORTER: "none" },
    logFile: join(directory, "registry.log"),
  });
  return {
    port,
    stop: async () => {
      await daemon.stop();
      releasePorts([port]);
    },
  };
}

/** From an image made here; Docker downloads nothing, so there is no reaper container either. */
async function startContainer(directory: string): Promise<RegistryServer> {
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= "true";
  const { archive, reference } = await image("registry");
  await execute("docker", ["load", "--quiet", "--input", archive]);
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
  const container = await new GenericContainer(reference)
    .withWorkingDir("/registry")
    .withCommand(["serve", CONFIGURATION])
    .withEnvironment({ REGISTRY_HTTP_ADDR: `:${PORT}`, OTEL_TRACES_EXPORTER: "none" })
    .withCopyFilesToContainer(
      files.map(({ name }) => ({ source: join(directory, name), target: `/registry/${name}` })),
    )
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forLogMessage("listening on"))
    .start();
  return {
    port: container.getMappedPort(PORT),
    stop: async () => {
      await container.stop();
    },
  };
}
