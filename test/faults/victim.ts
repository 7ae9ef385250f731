import { pino } from "pino";
import { InstallOperator } from "../../src/install-operator.ts";
import { KubeClient, type RequestInfo } from "../../src/kube/client.ts";
import { type Connection, connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";

/** What happens to one write of the operator, counted from 0 in the order in which they are sent. */
export type Fault =
  /** The process dies before the write is sent: the same for the cluster as after the write before it. */
  | { kind: "crash"; at: number }
  /** The API server does what was asked, and the answer is lost. */
  | { kind: "reply-lost"; at: number }
  /** The write fails in this way, and nothing is done. */
  | { kind: "refused"; at: number; error: Error };

/** The install controller as a process of its own would run it: with nothing in memory, and mortal. */
export class Victim implements AsyncDisposable {
  /** "PATCH /apis/…" of each write that was sent, those to events left out. */
  readonly writes: string[] = [];
  /** Resolves when the fault has happened. */
  readonly struck: Promise<void>;
  readonly #connection: Connection;
  readonly #controller: InstallOperator;
  readonly #fault: Fault | undefined;
  readonly #strike: () => void;
  #dead = false;
  #lost: RequestInfo | undefined;

  private constructor(kubeconfig: string, fault: Fault | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.struck = promise;
    this.#strike = resolve;
    this.#fault = fault;
    const log = pino({ level: "silent" });
    this.#connection = connect({ kubeconfig });
    const client = new KubeClient(this.#connection, {
      before: (request) => this.#before(request),
      after: (request) => this.#after(request),
    });
    this.#controller = new InstallOperator({
      client,
      log,
      metrics: new Metrics(),
      events: new EventRecorder(client, log, "multus-operator.dev/multus-install", "victim"),
    });
  }

  static async start(kubeconfig: string, fault?: Fault): Promise<Victim> {
    const victim = new Victim(kubeconfig, fault);
    await victim.#controller.start();
    return victim;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controller.stop();
    await this.#connection.close();
  }

  #before(request: RequestInfo): void {
    if (this.#dead) throw new Error("this process has died");
    if (!isWrite(request)) return;
    const at = this.writes.length;
    if (this.#fault?.at === at) {
      if (this.#fault.kind === "reply-lost") this.#lost = request;
      else {
        this.#dead = this.#fault.kind === "crash";
        this.writes.push(`(failed) ${nameOf(request)}`);
        this.#strike();
        throw this.#fault.kind === "refused" ? this.#fault.error : new Error("this process dies");
      }
    }
    this.writes.push(nameOf(request));
  }

  #after(request: RequestInfo): void {
    if (request !== this.#lost) return;
    this.#lost = undefined;
    this.#strike();
    throw new Error("the connection was reset before the answer came");
  }
}

function isWrite({ method, query, path }: RequestInfo): boolean {
  return method !== "GET" && query?.dryRun === undefined && !path.endsWith("/events");
}

function nameOf({ method, path }: RequestInfo): string {
  return `${method} ${path}`;
}
