import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { KubeClient } from "../../../kube/client.ts";
import { Connection } from "../../../kube/connection.ts";
import { PODS } from "../../../kube/resource.ts";
import { podLog } from "./node-log.ts";

it("prints what came of a log that is cut off, and fails as a request that got no answer", async () => {
  const server = createServer((_, response) => {
    response.write("one line\n", () => response.socket?.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const connection = new Connection();
  connection.loadFromClusterAndUser(
    { name: "c", server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: "u" },
  );
  onTestFinished(async () => {
    await connection.close();
    server.close();
  });
  let printed = "";
  const write = (chunk: Buffer) => {
    printed += chunk.toString();
  };
  const ref = { type: PODS, namespace: "kube-system", name: "kube-multus-ds-x" };
  await expect(
    podLog(new KubeClient(connection), ref, { container: "kube-multus", follow: true, write }),
  ).rejects.toMatchObject({ code: "NETWORK_ERROR", path: expect.stringMatching(/kube-multus-ds-x\/log$/) });
  expect(printed).toBe("one line\n");
});
