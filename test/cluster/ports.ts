import { randomInt } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { removeStale, tryLock } from "./file-lock.ts";
import { STATE_ROOT } from "./state-directory.ts";

/** Below the kernel's ports for outgoing connections (32768–60999) and Kubernetes' node ports (30000–32767). */
const FIRST = 20_000;
const COUNT = 10_000;
const LOCKS = join(STATE_ROOT, "ports");

/**
 * TCP ports of `address` and of 127.0.0.1 on which nobody listens, held by this process until they are given
 * back: another test process cannot be handed the same one before the server that it is for listens.
 */
export async function reservePorts(count: number, address: string): Promise<number[]> {
  const ports: number[] = [];
  const start = randomInt(COUNT);
  for (let step = 0; step < COUNT && ports.length < count; step++) {
    const port = FIRST + ((start + step) % COUNT);
    if (!tryLock(lockOf(port))) continue;
    if ((await isFree(port, "127.0.0.1")) && (await isFree(port, address))) ports.push(port);
    else releasePorts([port]);
  }
  if (ports.length === count) return ports;
  releasePorts(ports);
  throw new Error(`no ${count} free TCP ports of ${address} between ${FIRST} and ${FIRST + COUNT - 1}`);
}

export function releasePorts(ports: readonly number[]): void {
  for (const port of ports) rmSync(lockOf(port), { force: true });
}

/** Forgets the ports of processes that died without giving them back. */
export function sweepPorts(): void {
  mkdirSync(LOCKS, { recursive: true });
  for (const name of readdirSync(LOCKS)) if (name.endsWith(".lock")) removeStale(join(LOCKS, name));
}

function lockOf(port: number): string {
  return join(LOCKS, `${port}.lock`);
}

function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
