import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { binary } from "../../cluster/binaries.ts";
import { cacheDirectory } from "../../cluster/cache.ts";

/** What the real programs say of one configuration; empty where they are content. */
export interface Answer {
  read: string;
  add: string;
}

const run = promisify(execFile);

/** Builds the reader (Go caches what does not change). Its path. */
export async function buildReader(): Promise<string> {
  const path = cacheDirectory("bin", "cni-reader");
  mkdirSync(dirname(path), { recursive: true });
  await run("go", ["build", "-p", "1", "-trimpath", "-buildvcs=false", "-o", path, "."], {
    cwd: join(import.meta.dirname, "reader"),
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return path;
}

/** A network and mount namespace of its own: an interface "eth0" with the default route, leases in memory. */
const NODE = `set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
ip link set lo up
ip link add eth0 type veth peer name wire
ip link set eth0 up
ip link set wire up
ip addr add 192.0.2.2/24 dev eth0
ip route add default via 192.0.2.1
exec "$0" -bin "$1"`;

/** Asks Multus' and libcni's readers, and where `add` is set the real plugins too (as root). */
export async function ask(reader: string, texts: readonly string[], add: boolean): Promise<Answer[]> {
  const plugins = add ? dirname(await binary("macvlan")) : "";
  const command = add ? ["unshare", "-n", "-m", "sh", "-c", NODE, reader, plugins] : [reader];
  const [program = "", ...args] = command;
  const running = run(program, args, { maxBuffer: 1 << 28 });
  running.child.stdin?.end(texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
  const { stdout } = await running;
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
