import { setTimeout as sleep } from "node:timers/promises";
import { MULTUS_INSTALL } from "../../../src/crds/multus-install/multus-install.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { ApiError } from "../../../src/kube/errors.ts";
import {
  type ApiObject,
  apiVersionOf,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  collectionPath,
  DAEMON_SETS,
  NODES,
  PODS,
  type ResourceType,
  SERVICE_ACCOUNTS,
} from "../../../src/kube/resource.ts";
import { type Change, type Key, lastState, type State, type Timeline } from "../timeline.ts";

/** Kinds that an install consists of, and what its status speaks of. */
const TYPES: readonly [ResourceType, namespace?: string][] = [
  [MULTUS_INSTALL],
  [DAEMON_SETS, "kube-system"],
  [PODS, "kube-system"],
  [CONFIG_MAPS, "kube-system"],
  [SERVICE_ACCOUNTS, "kube-system"],
  [CLUSTER_ROLES],
  [CLUSTER_ROLE_BINDINGS],
  [NODES],
];

/** Reads the API server past the proxy, as an administrator, and keeps the history of all that concerns Multus. */
export class Observer {
  readonly #client: KubeClient;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>[] = [];
  readonly #listeners = new Set<() => void>();
  #start = new Map<Key, ApiObject>();
  #changes: Change[] = [];
  #revision = 0;

  private constructor(client: KubeClient) {
    this.#client = client;
  }

  static async start(client: KubeClient): Promise<Observer> {
    const observer = new Observer(client);
    for (const [type, namespace] of TYPES) {
      const { items, metadata } = await listed(client, type, namespace);
      for (const item of items) observer.#note("ADDED", type, item);
      observer.#revision = Math.max(observer.#revision, Number(metadata.resourceVersion));
      observer.#watching.push(observer.#watch(type, namespace, metadata.resourceVersion));
    }
    observer.forget();
    return observer;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watching);
  }

  get timeline(): Timeline {
    return { start: new Map(this.#start), changes: [...this.#changes] };
  }

  get state(): State {
    return lastState({ start: this.#start, changes: this.#changes });
  }

  /** The last revision that it has seen. */
  get revision(): number {
    return this.#revision;
  }

  /** From here on a new history begins. */
  forget(): void {
    this.#start = new Map(this.state);
    this.#changes = [];
  }

  /** Resolves as soon as `isTrue`, which is asked after each change and every 100 ms; false after `ms`. */
  async until(isTrue: (state: State) => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (;;) {
      if (isTrue(this.state)) return true;
      if (performance.now() > deadline) return false;
      await this.#next(100);
    }
  }

  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#listeners.add(end);
    });
  }

  async #watch(type: ResourceType, namespace: string | undefined, resourceVersion: string): Promise<void> {
    let from = resourceVersion;
    while (!this.#stop.signal.aborted) {
      try {
        const { body } = await this.#client.request({
          method: "GET",
          path: collectionPath(type, namespace),
          query: {
            watch: "true",
            resourceVersion: from,
            timeoutSeconds: "3000",
            allowWatchBookmarks: "true",
          },
          idleTimeoutMs: 300_000,
          signal: this.#stop.signal,
        });
        let text = "";
        for await (const chunk of body) {
          text += String(chunk);
          const lines = text.split("\n");
          text = lines.pop() ?? "";
          for (const line of lines) {
            const { type: event, object } = JSON.parse(line) as { type: string; object: ApiObject };
            if (event === "ERROR") throw new Expired();
            from = object.metadata.resourceVersion ?? from;
            if (event !== "BOOKMARK") this.#note(event, type, object);
          }
        }
      } catch (error) {
        await sleep(50); // the API server is restarted by a plan
        const isExpired = error instanceof Expired || (error instanceof ApiError && error.status === 410);
        if (isExpired) from = await this.#catchUp(type, namespace, from).catch(() => from);
      }
    }
  }

  /** An API server that was restarted has no history from before: what it has now is compared with what was seen. */
  async #catchUp(type: ResourceType, namespace: string | undefined, from: string): Promise<string> {
    const { items, metadata } = await listed(this.#client, type, namespace);
    const names = new Set(items.map(({ metadata: { name } }) => name));
    for (const object of this.state.values())
      if (object.kind === type.kind && !names.has(object.metadata.name)) {
        const gone = {
          ...object,
          metadata: { ...object.metadata, resourceVersion: metadata.resourceVersion },
        };
        this.#note("DELETED", type, gone);
      }
    for (const item of items) {
      const isNew = Number(item.metadata.resourceVersion) > Number(from);
      this.#note("MODIFIED", type, item, isNew ? Number(from) : undefined);
    }
    return metadata.resourceVersion;
  }

  #note(event: string, type: ResourceType, object: ApiObject, unseenSince?: number): void {
    const { name, namespace, resourceVersion } = object.metadata;
    if (!concerns(type, object)) return;
    this.#revision = Math.max(this.#revision, Number(resourceVersion));
    const key = `${type.kind} ${namespace ? `${namespace}/` : ""}${name}`;
    const known = { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
    this.#changes.push({
      revision: Number(resourceVersion),
      key,
      object: event === "DELETED" ? undefined : known,
      at: performance.now(),
      ...(unseenSince === undefined ? {} : { unseenSince }),
    });
    for (const listener of [...this.#listeners]) listener();
  }
}

class Expired extends Error {
  override readonly name = "Expired";
  readonly code = "EXPIRED";
}

/** A kind that was defined a moment ago is answered with 429 until the API server has read its storage. */
async function listed(client: KubeClient, type: ResourceType, namespace: string | undefined) {
  for (let attempt = 1; ; attempt++)
    try {
      return await client.list<ApiObject>(type, namespace ? { namespace } : {});
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
}

/** The control plane has accounts and roles of its own, which no plan is about. */
function concerns({ kind }: ResourceType, { metadata: { name } }: ApiObject): boolean {
  if (kind === "Node" || kind === "MultusInstall" || kind === "Pod" || kind === "DaemonSet") return true;
  return name.includes("multus") && !name.startsWith("multus-operator") && !name.startsWith("system:");
}
