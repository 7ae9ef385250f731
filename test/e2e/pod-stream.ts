import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { z } from "zod";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, PODS } from "../../src/kube/resource.ts";
import { Reflector } from "../../src/kube/watch/reflector.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { pod } from "../cluster/pods.ts";

export const BYPASSED = 17;

/** Two files have a stream at the same time, and a pod each second from both is more than two cores can start. */
const EVERY_MS = 2000;
/**
 * On a machine where a pod takes longer to start, a change of Multus takes longer too. With the same pause as elsewhere there
 * would be more pods in it, each of which takes a second of CPU time and makes it longer still.
 */
const STARTS_PER_PAUSE = 2;
const MAX_PAUSE_MS = 6000;
/** More at a time would only slow down a machine that is slow already. */
const MAX_UNFINISHED = 12;

const view = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({
      phase: z.string().default("Pending"),
      containerStatuses: z
        .array(
          z.object({
            state: z.object({
              running: z.object({ startedAt: z.string() }).optional(),
              terminated: z.object({ exitCode: z.number() }).optional(),
            }),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** What became of one pod. */
export interface PodOutcome {
  name: string;
  /** Seconds from its creation to its container's start; undefined while it does not run. */
  startedAfter?: number;
  /** It ran without the interface that it requested. */
  bypassed: boolean;
  reported: boolean;
  gone: boolean;
}

/**
 * Creates a pod with an attachment every two seconds, less often on a slow machine, in turn on each node, until it is
 * stopped, and deletes each some seconds after its start. The pod itself looks for its interface, and ends with `BYPASSED` without it.
 */
export class PodStream implements AsyncDisposable {
  readonly #client: KubeClient;
  readonly #nodes: readonly string[];
  readonly #prefix: string;
  readonly #outcomes = new Map<string, PodOutcome>();
  readonly #watch: Reflector<string>;
  readonly #stop = new AbortController();
  readonly #deleted = new Set<string>();
  #running: Promise<void> | undefined;
  #created = 0;
  #pauseMs = EVERY_MS;

  constructor(kubeconfig: string, nodes: readonly string[], prefix: string) {
    this.#client = new KubeClient(connect({ kubeconfig }));
    this.#nodes = nodes;
    this.#prefix = prefix;
    this.#watch = new Reflector<string>({
      client: this.#client,
      log: pino({ level: "silent" }),
      type: PODS,
      namespace: "default",
      labelSelector: `stream=${prefix}`,
      project: (object) => this.#note(object),
      onChange: (key, kept) => {
        const found = this.#outcomes.get(key.split("/")[1] ?? "");
        if (found && kept === undefined) found.gone = true;
      },
    });
  }

  start(): void {
    this.#watch.start();
    this.#running = this.#run();
  }

  /** Creates no more pods, waits until each has run and is deleted again, and returns what became of them. */
  async finish(timeoutMs = 120_000): Promise<PodOutcome[]> {
    this.#stop.abort();
    await this.#running;
    await waitUntil("every pod to run and to be deleted", () => this.#unfinished().length === 0, {
      timeoutMs,
    }).catch((error: unknown) => {
      throw new Error(`pods are left: ${JSON.stringify(this.#unfinished())}`, { cause: error });
    });
    await this.#watch.stop();
    return [...this.#outcomes.values()];
  }

  /** Ends it wherever the test is: a stream that nobody stops would fill the nodes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([this.#running, this.#watch.stop()]);
  }

  #unfinished(): PodOutcome[] {
    return [...this.#outcomes.values()].filter(({ gone }) => !gone);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const name = `${this.#prefix}-${this.#created}`;
      const node = this.#nodes[this.#created++ % this.#nodes.length] ?? "";
      this.#outcomes.set(name, { name, bypassed: false, reported: false, gone: false });
      await this.#client.create(PODS, streamed(name, node, this.#prefix));
      do await sleep(this.#pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      while (!this.#stop.signal.aborted && this.#unfinished().length >= MAX_UNFINISHED);
    }
  }

  #note(object: ApiObject): string {
    const { metadata, status } = view.parse(object);
    const found = this.#outcomes.get(metadata.name);
    const state = status.containerStatuses[0]?.state;
    if (!found) return status.phase;
    found.reported ||= metadata.annotations["k8s.v1.cni.cncf.io/network-status"] !== undefined;
    if (state?.terminated?.exitCode === BYPASSED) found.bypassed = true;
    if (state?.running && found.startedAfter === undefined) {
      const tookMs = Date.parse(state.running.startedAt) - Date.parse(metadata.creationTimestamp);
      found.startedAfter = tookMs / 1000;
      this.#pauseMs = Math.min(Math.max(EVERY_MS, tookMs * STARTS_PER_PAUSE), MAX_PAUSE_MS);
    }
    const ended = found.startedAfter !== undefined || found.bypassed;
    // Only once: a second deletion could fail after the cluster has stopped, and no caller waits for it.
    if (ended && !this.#deleted.has(metadata.name)) void this.#deleteSoon(metadata.name);
    return status.phase;
  }

  async #deleteSoon(name: string): Promise<void> {
    this.#deleted.add(name);
    await sleep(5000, undefined, { ref: false });
    await this.#client.delete({ type: PODS, namespace: "default", name });
  }
}

function streamed(name: string, node: string, prefix: string): ApiObject {
  const made = pod(name, {
    node,
    script: `test -e /sys/class/net/net1 || exit ${BYPASSED}; exec sleep 1000000`,
    annotations: { "k8s.v1.cni.cncf.io/networks": "stream" },
  }) as ApiObject & { spec: object };
  return {
    ...made,
    metadata: { ...made.metadata, namespace: "default", labels: { stream: prefix } },
    spec: { ...made.spec, restartPolicy: "Never" },
  };
}
