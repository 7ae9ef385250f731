import { pino } from "pino";
import type { KubeClient } from "../../src/kube/client.ts";
import type { ApiObject, ResourceType } from "../../src/kube/resource.ts";
import { Reflector } from "../../src/kube/watch/reflector.ts";

/** Objects of one kind as a watch sees them: a poll would take CPU time from what is measured. */
export class Seen<T> {
  readonly #reflector: Reflector<T>;
  readonly #waiting = new Set<() => void>();

  constructor(client: KubeClient, type: ResourceType, project: (object: ApiObject) => T) {
    this.#reflector = new Reflector<T>({
      client,
      log: pino({ level: "silent" }),
      type,
      project,
      onChange: () => {
        for (const check of this.#waiting) check();
      },
    });
  }

  async start(): Promise<void> {
    this.#reflector.start();
    await this.#reflector.whenSynced();
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
  }

  /** By "namespace/name", or "name". */
  get all(): ReadonlyMap<string, T> {
    return new Map(this.#reflector.entries());
  }

  /** Resolves with performance.now() of the moment when `holds` first held. Rejects after `timeoutMs`. */
  async when(
    holds: (objects: ReadonlyMap<string, T>) => boolean,
    timeoutMs: number,
    what: string,
    describe = () => "",
  ): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const check = () => {
      if (holds(this.all)) resolve(performance.now());
    };
    const timer = setTimeout(
      () => reject(new Error(`waited ${timeoutMs / 1000} s for ${what}${describe()}`)),
      timeoutMs,
    );
    this.#waiting.add(check);
    try {
      check();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }
}
