import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { binary } from "./binaries.ts";
import { execute } from "./execute.ts";
import { kubectlGet } from "./kubectl-get.ts";

/** kubectl against one named kubeconfig, never against the user's current context. */
export class Kubectl {
  readonly kubeconfig: string;
  #client: KubeClient | undefined;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** The same cluster without a process for each question: for what is asked again and again. */
  get client(): KubeClient {
    this.#client ??= new KubeClient(connect({ kubeconfig: this.kubeconfig }));
    return this.#client;
  }

  /** Returns standard output; throws a CommandError with standard error when kubectl fails. */
  async run(...args: string[]): Promise<string> {
    const [command, ...rest] = args;
    const printed =
      command === "get" ? await kubectlGet(this.client, rest).catch(() => undefined) : undefined;
    return printed ?? (await this.runWithInput("", ...args));
  }

  /** With `input` on standard input, for `-f -`. */
  async runWithInput(input: string, ...args: string[]): Promise<string> {
    return await execute(await binary("kubectl"), ["--kubeconfig", this.kubeconfig, ...args], { input });
  }

  /** An object as JSON. */
  async get<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run("get", ...args, "-o", "json")) as T;
  }
}
