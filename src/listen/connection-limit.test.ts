import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it, onTestFinished } from "vitest";
import { ConnectionLimit, groupOf } from "./connection-limit.ts";

let server: Server;
const open: Socket[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

async function start(total: number, perAddress: number) {
  const limit = new ConnectionLimit({ total, perAddress });
  const accepted: Socket[] = [];
  server = createServer((socket) => {
    socket.on("error", () => {});
    accepted.push(socket);
  });
  limit.guard(server);
  server.listen(0, "127.0.0.1");
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  await once(server, "listening");
  return { limit, accepted };
}

/** A connection from this address that the server has accepted. */
async function from(localAddress: string): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => {});
  open.push(socket);
  await Promise.all([once(socket, "connect"), accepted]);
  return socket;
}

const closed = (socket: Socket) => (socket.closed ? undefined : once(socket, "close"));

it("ends the oldest idle connection of an address that opens too many", async () => {
  const { limit, accepted } = await start(10, 3);
  const other = await from("127.0.0.1");
  const hostile = [await from("127.0.0.2"), await from("127.0.0.2"), await from("127.0.0.2")];
  limit.busy(accepted[1] as Socket);
  hostile.push(await from("127.0.0.2"));
  await closed(hostile[1] as Socket);
  expect(hostile.map((socket) => socket.closed)).toEqual([false, true, false, false]);
  expect(other.closed).toBe(false);
  expect(limit.count).toBe(4);
});

it("ends one of the address with the most if all take too many", async () => {
  const { limit } = await start(4, 3);
  const hostile = [await from("127.0.0.2"), await from("127.0.0.2"), await from("127.0.0.2")];
  await from("127.0.0.3");
  const last = await from("127.0.0.1");
  await closed(hostile[0] as Socket);
  expect([hostile[1]?.closed, hostile[2]?.closed, last.closed]).toEqual([false, false, false]);
  expect(limit.count).toBe(4);
});

it("ends the new connection if the others are at work", async () => {
  const { limit, accepted } = await start(10, 1);
  const first = await from("127.0.0.2");
  const done = limit.busy(accepted[0] as Socket);
  await closed(await from("127.0.0.2"));
  expect(first.closed).toBe(false);
  done();
  await from("127.0.0.2");
  await closed(first);
});

it.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["fd00:1:2:3:4:5:6:7", "fd00:1:2:3::/64"],
  ["fd00::1", "fd00:0:0:0::/64"],
  ["FD00:1::9", "fd00:1:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["", ""],
])("takes %s for a client of %s", (address, group) => expect(groupOf(address)).toBe(group));
