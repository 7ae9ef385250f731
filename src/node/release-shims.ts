import { chmod, unlink } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { DAEMON_SOCKET, type Host, noneIfAbsent } from "./host.ts";

/** What a release did; its pod's termination message. */
export const releaseReport = z.object({
  node: z.string().max(253),
  at: z.iso.datetime(),
  ended: z.boolean().describe("Whether the daemon terminated before the wait ended."),
  answered: z
    .int()
    .min(0)
    .describe("Calls of the shim that were answered with CNI error 11, try again later."),
  truncated: z.array(z.string()).max(0).default([]),
});
export type ReleaseReport = z.output<typeof releaseReport>;

export interface ReleaseOptions {
  node: string;
  host: Host;
  now: () => Date;
  /** How long the daemon is waited for, ms. */
  patienceMs?: number;
  /** It ends when no call came for this long, ms. */
  quietMs?: number;
}

const POLL_MS = 100;
/** The CNI specification's "try again later". */
const TRY_AGAIN = {
  cniVersion: "0.3.1",
  code: 11,
  msg: "the Multus daemon of this node has terminated and another Multus follows: the kubelet retries",
};

/**
 * Answers shims that wait for a daemon that does not come back. A shim that was called just before its daemon
 * ended asks every 100 ms, for a minute, whether the daemon is ready (WaitUntilAPIReady), and the pod waits
 * with it. So once the daemon is silent its socket is opened here for a moment, and each caller is told to
 * come again, which the kubelet does after its usual pause, with the configuration of the Multus that follows.
 * A DEL is not made worse: the shim calls it done whether there is a daemon or not (CmdDel).
 */
export async function releaseShims(options: ReleaseOptions): Promise<ReleaseReport> {
  const { node, host, now, patienceMs = 60_000, quietMs = 3000 } = options;
  const path = host.inside(DAEMON_SOCKET);
  const report = (ended: boolean, answered: number): ReleaseReport => ({
    node,
    at: now().toISOString(),
    ended,
    answered,
    truncated: [],
  });
  const until = performance.now() + patienceMs;
  while (await answers(path)) {
    if (performance.now() > until) return report(false, 0);
    await sleep(POLL_MS);
  }
  if ((await host.stat(DAEMON_SOCKET))?.isSocket()) await unlink(path).catch(noneIfAbsent);
  let answered = 0;
  let lastCall = performance.now();
  const server = createServer((call, response) => {
    lastCall = performance.now();
    // The question whether it is ready, then the call itself, each with a connection of its own.
    const isCall = call.url === "/cni";
    if (isCall) answered++;
    call.resume();
    response.writeHead(isCall ? 500 : 200, { "Content-Type": "application/json", Connection: "close" });
    response.end(isCall ? JSON.stringify(TRY_AGAIN) : "");
  });
  await listen(server, path);
  try {
    while (performance.now() - lastCall < quietMs && performance.now() < until + quietMs)
      await sleep(POLL_MS);
  } finally {
    server.closeAllConnections();
    // Takes the socket away too. A daemon that has come meanwhile recreated the directory (os.RemoveAll at its
    // start): what is closed here is in the old one, which is no longer visible.
    await new Promise((done) => server.close(done));
  }
  return report(true, answered);
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
}

/** Whether a process listens there. */
async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const call = request({ socketPath: path, path: "/healthz", timeout: 1000 }, (response) => {
      response.resume();
      resolve(true);
    });
    // A daemon that is busy is there.
    call.once("timeout", () => {
      resolve(true);
      call.destroy();
    });
    call.once("error", () => resolve(false));
    call.end();
  });
}
