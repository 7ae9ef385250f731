import { isDeepStrictEqual } from "node:util";
import { type NodeView, nodeView } from "../../diagnosis/node.ts";
import type { KubeClient } from "../../kube/client.ts";
import { NotSynced } from "../../kube/not-synced.ts";
import { Reflector } from "../../kube/reflector.ts";
import { NODES } from "../../kube/resource.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { synced } from "./synced.ts";

/** The cluster's nodes. Their kubelets renew them all the time: only what the view shows counts as a change. */
export class ClusterNodes {
  readonly #reflector: Reflector<NodeView>;
  readonly #known = new Map<string, NodeView | undefined>();

  /** @param onSync called when it has changed whether the nodes are known */
  constructor(client: KubeClient, log: Logger, onChange: (name: string) => void, onSync?: () => void) {
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
      ...(onSync ? { onSync } : {}),
    });
  }

  /** All of them; the first call starts the watch. Throws a NotSynced while they are not known. */
  async all(signal: AbortSignal): Promise<readonly NodeView[]> {
    this.#reflector.start();
    await synced([this.#reflector], signal);
    return this.#reflector.values();
  }

  /** The node as last seen, or undefined if there is none. Throws a NotSynced before the nodes were listed once. */
  get(name: string): NodeView | undefined {
    if (!this.#reflector.isListed) throw new NotSynced(this.#reflector.resource, "TimedOut");
    return this.#reflector.get(name);
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
  }
}
