import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { connectionPool } from "../../../src/kube/connection-pool.ts";
import { send } from "../../../src/kube/http.ts";
import { execute } from "../../cluster/execute.ts";

const LINK = `van${process.pid}`.slice(0, 15);
/** One of the 32,768 networks of four addresses in 198.18.0.0/15 (RFC 2544): test runs side by side differ. */
const NETWORK = (process.pid % 32_768) * 4;
const [HERE, THERE] = [1, 2].map((host) => {
  const address = NETWORK + host;
  return `198.${18 + (address >> 16)}.${(address >> 8) & 255}.${address & 255}`;
});
/**
 * Prints a line when it listens, and answers no request. It ends with its standard input, that is with this
 * process, however this one ends; its network namespace has no name, so it and the links end with it.
 */
const SERVER = `
  require("node:http").createServer(() => {}).listen(8080, () => console.log("listening"));
  process.stdin.on("end", () => process.exit()).resume();`;

let server: ChildProcess | undefined;

const ip = (...args: string[]) => execute("ip", args);

afterEach(async () => {
  server?.kill("SIGKILL");
  // Its open connection keeps the namespace, and so the links, for minutes more.
  await ip("link", "delete", LINK);
});

it.runIf(process.getuid?.() === 0)(
  "a connection ends within seconds after the kernel's first probe if the server's network is gone",
  async () => {
    server = spawn("unshare", ["--net", process.execPath, "-e", SERVER], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    await once(server.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    const pid = String(server.pid);
    const there = (...args: string[]) => execute("nsenter", ["--net", "--target", pid, "ip", ...args]);
    await ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", pid);
    await ip("address", "add", `${HERE}/30`, "dev", LINK);
    await ip("link", "set", LINK, "up");
    await there("address", "add", `${THERE}/30`, "dev", "eth0");
    await there("link", "set", "eth0", "up");

    const url = `http://${THERE}:8080/`;
    const agent = await connectionPool(url, { type: "none" }, 1000);
    const answer = send(url, {
      ...{ method: "GET", headers: {}, agent, headersTimeoutMs: 0, idleTimeoutMs: 0 },
    });
    const failure = answer.then(
      () => undefined,
      (error: unknown) => error as NodeJS.ErrnoException,
    );
    await new Promise((resolve) => setTimeout(resolve, 500)); // the server's kernel has acknowledged the request
    // The link on this side stays up: only the probes can end the connection.
    await there("address", "flush", "dev", "eth0");
    expect((await failure)?.code).toMatch(/^(ETIMEDOUT|EHOSTUNREACH)$/);
    agent.destroy();
  },
);
