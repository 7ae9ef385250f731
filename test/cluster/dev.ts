/**
 * A cluster for a developer to work against.
 *
 *   node test/cluster/dev.ts up      starts it, prints its kubeconfig's path, and on standard error how to use it (make cluster)
 *   node test/cluster/dev.ts down    ends it and removes all of it (make cluster-down)
 */
import { runCommand } from "./command.ts";
import { devClusterDown, devClusterUp, serveDevCluster, shellCommands } from "./dev-cluster.ts";
import { requireBareMachine } from "./host-packages.ts";
import type { ImageName } from "./images.ts";

requireBareMachine();
await runCommand(async () => {
  switch (process.argv[2]) {
    case "up":
      process.stdout.write(`${await clusterUp()}\n`);
      break;
    case "down":
      await devClusterDown();
      break;
    case "serve":
      await serveDevCluster(process.argv.slice(3) as ImageName[]);
      break;
    default:
      process.stderr.write("usage: node test/cluster/dev.ts up|down\n");
      process.exitCode = 2;
  }
});

/** Starts the cluster, and shows the commands that make it the shell's own; returns its kubeconfig's path. */
async function clusterUp(): Promise<string> {
  const kubeconfig = await devClusterUp();
  process.stderr.write(`${(await shellCommands(kubeconfig, ["kubectl"])).join("\n")}\n`);
  return kubeconfig;
}
