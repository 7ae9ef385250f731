import { resolve } from "node:path";
import { binary } from "./binaries.ts";
import { CommandError, execute } from "./execute.ts";

const BIN = resolve(import.meta.dirname, "../../bin");

export interface PluginAnswer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `kubectl multus …`: kubectl finds bin/kubectl-multus on the PATH, as it does for users. Never throws for an exit code. */
export async function kubectlMultus(kubeconfig: string, ...args: string[]): Promise<PluginAnswer> {
  const env = { ...process.env, PATH: `${BIN}:${process.env.PATH}`, KUBECONFIG: kubeconfig };
  try {
    const stdout = await execute(await binary("kubectl"), ["multus", ...args], { env });
    return { code: 0, stdout, stderr: "" };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.exitCode, stdout: error.stdout, stderr: error.stderr };
  }
}
