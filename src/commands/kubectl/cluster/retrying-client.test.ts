import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { Connection } from "../../../kube/connection.ts";
import { RetryingClient } from "./retrying-client.ts";

it("shows that the API server puts a request off, and not that the time for it is over", async () => {
  const server = createServer((_, response) => {
    response.writeHead(429, { "retry-after": "30" });
    response.end(JSON.stringify({ kind: "Status", reason: "TooManyRequests", message: "too many requests" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const connection = new Connection();
  connection.loadFromClusterAndUser(
    {
      name: "c",
      server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      skipTLSVerify: true,
    },
    { name: "u" },
  );
  onTestFinished(async () => {
    await connection.close();
    server.close();
  });
  const signal = AbortSignal.timeout(300);
  await expect(
    new RetryingClient(connection).request({ method: "GET", path: "/version", signal }),
  ).rejects.toMatchObject({ status: 429, statusMessage: "too many requests" });
});
