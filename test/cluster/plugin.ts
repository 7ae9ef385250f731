import { resolve } from "node:path";
import { kubectlMultus as program } from "../../src/commands/kubectl/program.ts";
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

let last: Promise<unknown> = Promise.resolve();

/**
 * The same command in this process, one after another: kubectl and the plugin take a third of a second of CPU time to start.
 * For tests of what it prints; whether kubectl finds it, and how it ends, is tested by `kubectlMultus`.
 */
export function pluginAnswer(kubeconfig: string, ...args: string[]): Promise<PluginAnswer> {
  const answer = last.then(() => captured([...args, "--kubeconfig", kubeconfig]));
  last = answer.catch(() => {});
  return answer;
}

async function captured(args: string[]): Promise<PluginAnswer> {
  const before = { out: process.stdout.write, err: process.stderr.write, exitCode: process.exitCode };
  const printed = { stdout: "", stderr: "" };
  const into = (stream: keyof typeof printed) => (text: string | Uint8Array) => {
    printed[stream] += String(text);
    return true;
  };
  process.stdout.write = into("stdout");
  process.stderr.write = into("stderr");
  process.exitCode = undefined;
  try {
    await program().parseAsync(args, { from: "user" });
    return { code: Number(process.exitCode ?? 0), ...printed };
  } finally {
    process.stdout.write = before.out;
    process.stderr.write = before.err;
    process.exitCode = before.exitCode;
  }
}
