import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type NodeView, nodeView } from "../../diagnosis/node.ts";
import type { KubeClient } from "../../kube/client.ts";
import { Reflector } from "../../kube/reflector.ts";
import { NODES } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** Of a Node object that was refused to us there is no copy; what can be known without is known. */
const LONGEST_WAIT_MS = 5000;

/** The cluster's nodes. Their kubelets renew them all the time: only what the view shows counts as a change. */
export class ClusterNodes {
  readonly #reflector: Reflector<NodeView>;
  readonly #known = new Map<string, NodeView | undefined>();
  #started = false;

  constructor(client: KubeClient, log: Logger, onChange: (name: string) => void) {
    this.#reflector = new Reflector<NodeView>({
      client,
      log,
      type: NODES,
      project: nodeView,
      onChange: (name, view) => {
        if (isDeepStrictEqual(this.#known.get(name), view)) return;
        if (view) this.#known.set(name, view);
        else this.#known.delete(name);
        onChange(name);
      },
    });
  }

  /** Those known by now; the first call starts the watch and waits for its first list, 5 s at most. */
  async all(): Promise<readonly NodeView[]> {
    this.#started = true;
    this.#reflector.start();
    await Promise.race([this.#reflector.synced, sleep(LONGEST_WAIT_MS, undefined, { ref: false })]);
    return this.#reflector.values();
  }

  get(name: string): NodeView | undefined {
    return this.#reflector.get(name);
  }

  get silenceSeconds(): number {
    return this.#started ? this.#reflector.silenceSeconds : 0;
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
  }
}
