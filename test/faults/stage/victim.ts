import { Worker } from "node:worker_threads";
import type { Order, Told, VictimSettings } from "../victim/orders.ts";
import { type ProxyOptions, VictimProxy } from "./proxy.ts";

/** An operator in a thread of its own, behind a proxy of its own. */
export class Victim {
  readonly index: number;
  readonly proxy: VictimProxy;
  /** Whether it has all controllers and waits for the lease, not the controller of installs alone. */
  readonly isWhole: boolean;
  readonly #worker: Worker;
  readonly #told: Told[] = [];
  #isAlive = true;
  #onTold: (() => void)[] = [];

  private constructor(index: number, proxy: VictimProxy, worker: Worker, isWhole: boolean) {
    this.index = index;
    this.proxy = proxy;
    this.isWhole = isWhole;
    this.#worker = worker;
    worker.on("message", (told: Told) => this.#hear(told));
    worker.on("error", (error) => this.#hear({ kind: "ended", error: String(error.stack ?? error) }));
    worker.on("exit", () => {
      this.#isAlive = false;
    });
  }

  static async start(
    bundle: string,
    options: ProxyOptions,
    settings: Omit<VictimSettings, "kubeconfig">,
  ): Promise<Victim> {
    const proxy = await VictimProxy.start(options);
    const workerData: VictimSettings = { ...settings, kubeconfig: proxy.kubeconfig };
    const worker = new Worker(bundle, { workerData });
    return new Victim(options.victim, proxy, worker, settings.lease !== undefined);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Why it ended, if it ended without being told to. */
  get failure(): string | undefined {
    const ended = this.#told.find(({ kind }) => kind === "ended");
    return ended && "error" in ended ? ended.error : undefined;
  }

  order(order: Order): void {
    if (this.#isAlive) this.#worker.postMessage(order);
  }

  /** In how many ms of its own clock its timers are due. */
  async timers(): Promise<number[]> {
    if (!this.#isAlive) return [];
    const before = this.#told.length;
    this.order({ kind: "timers" });
    await this.#until(() => this.#told.slice(before).some(({ kind }) => kind === "timers"), 5000);
    const told = this.#told.slice(before).find((answer) => answer.kind === "timers");
    return told?.due ?? [];
  }

  /** As SIGKILL does: whatever it was about to do is not done. */
  async kill(): Promise<void> {
    this.#isAlive = false;
    this.proxy.close();
    await this.#worker.terminate();
  }

  /** As SIGTERM does, and SIGKILL to one that does not end. */
  async stop(): Promise<void> {
    this.order({ kind: "stop" });
    await this.#until(() => !this.#isAlive || this.#told.some(({ kind }) => kind === "stopped"), 2000);
    await this.kill();
  }

  #hear(told: Told): void {
    this.#told.push(told);
    for (const wake of this.#onTold.splice(0)) wake();
  }

  async #until(isTrue: () => boolean, ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (!isTrue() && performance.now() < deadline)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#onTold.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
  }
}
