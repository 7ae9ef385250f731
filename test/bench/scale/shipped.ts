import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { createMemoryCgroup, joinCgroup } from "../../cluster/cgroups.ts";
import type { ControlPlane } from "../../cluster/control-plane.ts";
import { Daemon } from "../../cluster/daemon.ts";

const ROOT = join(import.meta.dirname, "../../..");
const MIB = 1024 * 1024;

/** The chart's memory limit, in bytes. */
export function chartLimit(): number {
  const values = load(readFileSync(join(ROOT, "charts/multus-operator/values.yaml"), "utf8"));
  const { limits } = (values as { resources: { limits: { memory: string } } }).resources;
  const mebibytes = /^(\d+)Mi$/.exec(limits.memory)?.[1];
  if (mebibytes === undefined) throw new Error(`the chart's memory limit is not in Mi: ${limits.memory}`);
  return Number(mebibytes) * MIB;
}

/** Arguments of node, and the environment, as the Dockerfile sets them: those decide about memory, too. */
function imageSettings(): { nodeArgs: string[]; env: Record<string, string> } {
  const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8").replaceAll(/\\\n/g, " ");
  const entrypoint = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
  const env = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, pairs = ""]) =>
    [...pairs.matchAll(/(\w+)=(\S+|"[^"]*")/g)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll('"', ""),
    ]),
  );
  const { PATH: _, ...rest } = Object.fromEntries(env) as Record<string, string>;
  return { nodeArgs: entrypoint.slice(1, -1), env: rest };
}

/** What a program of this Node cannot go below, in MiB resident: Node alone, and with TLS loaded. */
export function bareNode(): { node: number; withTls: number } {
  const { nodeArgs, env } = imageSettings();
  const tls = 'require("node:tls").createSecureContext();';
  const [node, withTls] = ["", tls].map((script) => {
    const code = `${script} process.stdout.write(require("node:fs").readFileSync("/proc/self/status"))`;
    const status = execFileSync(process.execPath, [...nodeArgs, "-e", code], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1024;
  });
  return { node: node ?? Number.NaN, withTls: withTls ?? Number.NaN };
}

export interface ProgramOptions {
  /** Its memory cgroup, in bytes; none without. */
  limit?: number;
  /** The bundle, if it is not that of this tree. */
  bundle?: string;
  /** Of node, beside those of the image. */
  nodeArgs?: readonly string[];
}

export interface OperatorOptions extends ProgramOptions {
  port: number;
  /** Its Lease is in the namespace multus-operator; without this it leads at once. */
  leaderElection?: true;
}

/** The operator as the image and the chart run it: the bundle, node's arguments, the flags, the memory limit. */
export async function startOperator(
  plane: Pick<ControlPlane, "kubeconfig" | "directory">,
  name: string,
  { limit, port, leaderElection, bundle = "dist/multus-operator.mjs", nodeArgs = [] }: OperatorOptions,
): Promise<Daemon> {
  const { nodeArgs: ofImage, env } = imageSettings();
  const flags = ["--log-level=info", "--rollout-deadline=600", `--webhook-port=${port}`, "--health-port=0"];
  const args = [
    ...[...ofImage, ...nodeArgs],
    ...[bundle, "run", "--kubeconfig", plane.kubeconfig],
    ...(leaderElection ? [] : ["--no-leader-election"]),
    ...flags,
  ];
  const settings = {
    logFile: join(plane.directory, `${name}.log`),
    cwd: ROOT,
    env: { ...process.env, ...env },
  };
  if (limit === undefined) return Daemon.start({ name, command: process.execPath, args, ...settings });
  await createMemoryCgroup(name, limit);
  const script = `${joinCgroup(name)} && exec "$0" "$@"`;
  return Daemon.start({ name, command: "sh", args: ["-c", script, process.execPath, ...args], ...settings });
}
