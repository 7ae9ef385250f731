import { binary } from "./binaries.ts";
import { execute } from "./execute.ts";

/** kubectl against one named kubeconfig, never against the user's current context. */
export class Kubectl {
  readonly kubeconfig: string;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** Returns standard output; throws a CommandError with standard error when kubectl fails. */
  async run(...args: string[]): Promise<string> {
    return await this.runWithInput("", ...args);
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
