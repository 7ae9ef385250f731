import { CERTIFICATES } from "../../admission/names.ts";
import { expiredReplicas, type Published } from "../../admission/trust.ts";
import type { KubeClient } from "../../kube/client.ts";
import { CONFIG_MAPS, PODS } from "../../kube/resource.ts";

export interface DepartedReplicasOptions {
  client: KubeClient;
  view: { published: Published | undefined };
  /** The operator's own. */
  namespace: string;
  /** Whether replicas are pods of that namespace, named as they publish. */
  arePods: boolean;
  /** The key of this replica itself, if it publishes one. */
  own?: string | undefined;
  now: () => Date;
}

/**
 * Removes the certificates of replicas that no longer exist from the ConfigMap: every rollout leaves some. Nothing
 * has their keys, but a list that only grows would reach its bound.
 */
export class DepartedReplicas {
  readonly #options: DepartedReplicasOptions;
  #checked: Published | undefined;

  constructor(options: DepartedReplicasOptions) {
    this.#options = options;
  }

  /** Asks for pods only where the published certificates have changed since the last time. */
  async forget(signal: AbortSignal): Promise<void> {
    const { client, view, namespace, now, own } = this.#options;
    const { published } = view;
    if (!published) return;
    const gone = new Set(expiredReplicas(published, now()).filter((replica) => replica !== own));
    if (this.#checked !== published)
      for (const replica of Object.keys(published))
        if (await this.#isGone(replica, signal)) gone.add(replica);
    if (gone.size > 0) {
      const data = Object.fromEntries([...gone].map((replica) => [replica, null]));
      await client.with({ signal }).patch({ type: CONFIG_MAPS, namespace, name: CERTIFICATES }, { data });
    }
    this.#checked = published;
  }

  async #isGone(replica: string, signal: AbortSignal): Promise<boolean> {
    const { client, namespace, arePods, own } = this.#options;
    // This one lives, whatever became of its pod: it would publish its certificate again at once, and so on forever.
    if (!arePods || replica === own) return false;
    return (await client.get({ type: PODS, namespace, name: replica }, { signal })) === undefined;
  }
}
