import { createServer as createProxy, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";

/** A proxy of a test; it takes every name for this machine's, as a server knows it that clients cannot reach. */
export interface TestProxy {
  uri: string;
  port: number;
  /** What it was asked to connect to, HOST:PORT. */
  opened: string[];
  close: () => void;
}

async function listening(server: Server, scheme: string, host: string, opened: string[]): Promise<TestProxy> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const uri = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { uri, port, opened, close: () => server.close() };
}

/** A SOCKS5 proxy (RFC 1928) without authentication, for names. */
export async function socksProxy(host = "127.0.0.1"): Promise<TestProxy> {
  const opened: string[] = [];
  const proxy = createServer((socket) => {
    socket
      .on("error", () => {})
      .once("data", () => {
        socket.write(Buffer.from([5, 0]));
        socket.once("data", (request) => {
          const length = request[4] ?? 0;
          const port = request.readUInt16BE(5 + length);
          opened.push(`${request.toString("latin1", 5, 5 + length)}:${port}`);
          const onward = connect(port, "127.0.0.1", () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            socket.pipe(onward).pipe(socket);
          });
          onward.on("error", () => {}).on("close", () => socket.destroy());
          socket.on("close", () => onward.destroy());
        });
      });
  });
  return await listening(proxy, "socks5", host, opened);
}

/** A proxy of HTTP CONNECT. */
export async function tunnelingProxy(host = "127.0.0.1"): Promise<TestProxy> {
  const opened: string[] = [];
  const proxy = createProxy().on("connect", ({ url = "" }: IncomingMessage, socket) => {
    opened.push(url);
    const onward = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const)
      end.on("error", () => {}).on("close", () => other.destroy());
  });
  return await listening(proxy, "http", host, opened);
}
