import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import { connectionPool } from "../../../src/kube/connection-pool.ts";
import { send } from "../../../src/kube/http.ts";
import { execute } from "../../cluster/execute.ts";

const NAMESPACE = `vanished-${process.pid}`;
const LINK = `van${process.pid}`.slice(0, 15);
/** Of a network for documentation (RFC 5737). */
const [HERE, THERE] = ["198.51.100.1", "198.51.100.2"];
/** Prints a line when it listens, and answers no request. */
const SERVER = `require("node:http").createServer(() => {}).listen(8080, "${THERE}", () => console.log("listening"))`;

let server: ChildProcess | undefined;

const ip = (...args: string[]) => execute("ip", args);

afterEach(async () => {
  server?.kill("SIGKILL");
  await ip("netns", "delete", NAMESPACE); // with it the pair of links
});

it.runIf(process.getuid?.() === 0)(
  "a connection ends within seconds after the kernel's first probe if the server's network is gone",
  async () => {
    await ip("netns", "add", NAMESPACE);
    await ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE);
    await ip("address", "add", `${HERE}/30`, "dev", LINK);
    await ip("link", "set", LINK, "up");
    await ip("-n", NAMESPACE, "address", "add", `${THERE}/30`, "dev", "eth0");
    await ip("-n", NAMESPACE, "link", "set", "eth0", "up");
    server = spawn("ip", ["netns", "exec", NAMESPACE, process.execPath, "-e", SERVER], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(server.stdout as NonNullable<ChildProcess["stdout"]>, "data");

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
    await ip("-n", NAMESPACE, "address", "flush", "dev", "eth0");
    expect((await failure)?.code).toMatch(/^(ETIMEDOUT|EHOSTUNREACH)$/);
    agent.destroy();
  },
);
