import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../kube/client.ts";
import { ApiError } from "../../kube/errors.ts";
import { type ApiObject, PODS } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { OperatorImage } from "../../render/operator-image.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { TaskOwner } from "../shared/node-tasks.ts";
import { synced } from "../shared/synced.ts";
import { TaskFailed } from "./errors.ts";
import { DEADLINE_SECONDS, NODE_TASK, type NodeTask, taskPod } from "./task-pod.ts";
import { type TaskView, taskView } from "./task-view.ts";

/** A node's kubelet may be slow or gone: so much longer than the pod's own deadline is waited for it, s. */
const PATIENCE_SECONDS = 15;
/** A stop waits no longer for a task's pod to be deleted; the next leader removes what is left, ms. */
const REMOVAL_AFTER_STOP_MS = 500;
/** How often a pod of the same name, which is still going, is waited for. */
const MAX_ATTEMPTS = 20;

/** Runs tasks in one-shot pods, and removes each pod again, whatever came of it. */
export class TaskRunner {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #image: OperatorImage;
  readonly #watches = new Map<string, { pods: Reflector<TaskView>; ready?: Promise<void> }>();
  readonly #waiting = new Map<string, (view: TaskView | undefined) => void>();
  /** Aborted a moment after the runner was stopped. */
  readonly #ended = new AbortController();

  constructor(client: KubeClient, log: Logger, image: OperatorImage) {
    this.#client = client;
    this.#log = log;
    this.#image = image;
  }

  /** The pod's exit code and termination message. Throws a TaskFailed if there is none. */
  async run(
    task: NodeTask,
    owner: TaskOwner,
    signal: AbortSignal,
  ): Promise<{ exitCode: number; message: string }> {
    await this.#watch(owner.namespace, signal);
    const pod = taskPod(task, owner, this.#image);
    const uid = await this.#create(pod, signal);
    try {
      const view = await this.#end(owner.namespace, uid, task, signal);
      if (view?.state === "Ended") return view;
      throw new TaskFailed(
        view?.state === "Failed" ? view.message : "its pod was deleted outside the operator",
      );
    } finally {
      this.#waiting.delete(uid);
      await this.#remove(owner.namespace, pod.metadata.name, uid);
    }
  }

  async stop(): Promise<void> {
    setTimeout(() => this.#ended.abort(), REMOVAL_AFTER_STOP_MS).unref();
    await Promise.all([...this.#watches.values()].map(({ pods }) => pods.stop()));
  }

  /**
   * Watches a namespace's task pods; the first list shows those that an operator that died left behind, and they are
   * removed. Throws a NotSynced: a pod whose end would not be seen is not created.
   */
  async #watch(namespace: string, signal: AbortSignal): Promise<void> {
    let watch = this.#watches.get(namespace);
    if (!watch) {
      const pods = new Reflector<TaskView>({
        client: this.#client,
        log: this.#log,
        type: PODS,
        namespace,
        labelSelector: NODE_TASK,
        project: taskView,
        onChange: (key, view) => this.#changed(key, view),
      });
      pods.start();
      watch = { pods };
      this.#watches.set(namespace, watch);
    }
    await synced([watch.pods], signal);
    watch.ready ??= this.#removeLeftovers(namespace, watch.pods);
    await watch.ready;
  }

  async #removeLeftovers(namespace: string, pods: Reflector<TaskView>): Promise<void> {
    for (const { name, uid } of pods.values()) await this.#remove(namespace, name, uid);
  }

  async #create(pod: ApiObject, signal: AbortSignal): Promise<string> {
    const { name, namespace = "" } = pod.metadata;
    for (let attempt = 1; ; attempt++)
      try {
        const created = await this.#client.create<ApiObject>(PODS, pod, { signal });
        return created.metadata.uid ?? "";
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 403 && hasPriority(pod))
          return await this.#createWithoutPriority(pod, error, signal);
        if (error.status !== 409 || attempt === MAX_ATTEMPTS) throw new TaskFailed(error.message);
        await this.#remove(namespace, name);
        await sleep(250, undefined, { signal });
      }
  }

  /**
   * A quota may reject the class in this namespace, as on GKE, or the class may be gone: a task runs without it as long
   * as its node has room. If the class was not the reason, the first error is thrown.
   */
  async #createWithoutPriority(pod: ApiObject, rejection: ApiError, signal: AbortSignal): Promise<string> {
    const { priorityClassName, ...spec } = pod.spec as { priorityClassName?: string };
    try {
      const created = await this.#client.create<ApiObject>(PODS, { ...pod, spec }, { signal });
      this.#log.warn(
        { err: rejection, priorityClassName, namespace: pod.metadata.namespace },
        "the namespace rejects the priority class of Multus' pods; the task runs without it",
      );
      return created.metadata.uid ?? "";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new TaskFailed(rejection.message, { cause: rejection });
    }
  }

  async #end(
    namespace: string,
    uid: string,
    { kind }: NodeTask,
    signal: AbortSignal,
  ): Promise<TaskView | undefined> {
    const seconds = DEADLINE_SECONDS[kind] + PATIENCE_SECONDS;
    const { promise, resolve } = Promise.withResolvers<TaskView | undefined>();
    this.#waiting.set(uid, resolve);
    const known = this.#watches
      .get(namespace)
      ?.pods.values()
      .find((view) => view.uid === uid);
    if (known && known.state !== "Running") resolve(known);
    const late = new AbortController();
    const tooLate = sleep(seconds * 1000, undefined, { signal: AbortSignal.any([signal, late.signal]) }).then(
      () => {
        throw new TaskFailed(`no answer within ${seconds} s`);
      },
    );
    tooLate.catch(() => {}); // ended by the answer
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      late.abort();
    }
  }

  /** A pod that is gone is reported to whoever waits for it: its last view is no longer there. */
  #changed(key: string, view: TaskView | undefined): void {
    if (view) {
      this.#names.set(key, view.uid);
      if (view.state !== "Running") this.#waiting.get(view.uid)?.(view);
      return;
    }
    const uid = this.#names.get(key);
    this.#names.delete(key);
    if (uid !== undefined) this.#waiting.get(uid)?.(undefined);
  }

  readonly #names = new Map<string, string>();

  /** At once, without the kubelet's word: it may be the node that does not answer. */
  async #remove(namespace: string, name: string, uid?: string): Promise<void> {
    try {
      await this.#client.delete(
        { type: PODS, namespace, name },
        {
          gracePeriodSeconds: 0,
          ...(uid ? { preconditions: { uid } } : {}),
          signal: this.#ended.signal,
        },
      );
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return; // another pod of that name by now
      this.#log.warn(
        { err: error, pod: `${namespace}/${name}` },
        "a pod of a node's task could not be removed",
      );
    }
  }
}

function hasPriority({ spec }: ApiObject): boolean {
  return Boolean((spec as { priorityClassName?: string }).priorityClassName);
}
