import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { PodRequest } from "../../../src/cni/context.ts";
import { binary } from "../../cluster/binaries.ts";
import { cacheDirectory } from "../../cluster/cache.ts";

/** What a pod requests of a network, with the keys of the annotation. */
export interface Asked extends PodRequest {
  portMappings?: readonly object[];
  bandwidth?: object;
  deviceID?: string;
}

/** What the real programs say of one configuration; empty where they are content. */
export interface Answer {
  read: string;
  /** How long the readers took. */
  readNs: number;
  add: string;
  /** How many interfaces Multus reports in network-status after an ADD. */
  reported: number;
  /** Whether whereabouts gives the gateway's address to a pod. */
  givesGateway: boolean;
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
ip link property add dev eth0 altname alternative-name-of-eth0
ip route add default via 192.0.2.1
exec "$0" -bin "$1"`;

/** Multus' and libcni's readers and, with `add`, the real plugins (as root): one configuration after another. */
export class Reader implements Disposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];
  #complaint = "";

  static async start(program: string, add: boolean): Promise<Reader> {
    const plugins = add ? dirname(await binary("macvlan")) : "";
    return new Reader(add ? ["unshare", "-n", "-m", "sh", "-c", NODE, program, plugins] : [program]);
  }

  private constructor([program = "", ...args]: readonly string[]) {
    this.#process = spawn(program, args);
    createInterface(this.#process.stdout).on("line", (line) =>
      this.#waiting.shift()?.resolve(JSON.parse(line) as Answer),
    );
    this.#process.stderr.on("data", (text: Buffer) => {
      this.#complaint = `${this.#complaint}${text.toString()}`.slice(-2_000);
    });
    this.#process.once("close", () => {
      for (const { reject } of this.#waiting) reject(new Error(`the reader ended: ${this.#complaint}`));
    });
  }

  /** `request` is what a pod requests of the network. */
  ask(text: string, request: Asked = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify({ text, ...request })}\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#process.stdin.end();
  }
}
