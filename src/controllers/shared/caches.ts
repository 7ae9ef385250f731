import type { KubeClient } from "../../kube/client.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { InstallCache } from "./install-cache.ts";
import { NadCache } from "./nad-cache.ts";
import { NodeCache } from "./node-cache.ts";

/** What several controllers watch, once each. Whoever needs one starts it. */
export class Caches {
  readonly installs: InstallCache;
  readonly nodes: NodeCache;
  readonly nads: NadCache;

  constructor(client: KubeClient, log: Logger) {
    this.installs = new InstallCache(client, log);
    this.nodes = new NodeCache(client, log);
    this.nads = new NadCache(client, log);
  }

  async stop(): Promise<void> {
    await Promise.all([this.installs.stop(), this.nodes.stop(), this.nads.stop()]);
  }
}
