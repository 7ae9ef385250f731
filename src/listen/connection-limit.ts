import { isIPv6, type Server, type Socket } from "node:net";

export interface ConnectionLimits {
  /** Connections at a time, over all clients. */
  total: number;
  /** Connections at a time of one client address; of IPv6, one /64 network counts as an address. */
  perAddress: number;
}

interface Client {
  /** Oldest first. */
  readonly sockets: Set<Socket>;
}

/**
 * Keeps one client from taking every connection of a server: a connection beyond the limit of its address ends the
 * oldest idle one of that address, and one beyond the total ends the oldest idle one of the address with the most.
 * So a client that opens hundreds displaces itself first. It counts from the first TCP packet on, before any TLS.
 */
export class ConnectionLimit {
  readonly #limits: ConnectionLimits;
  readonly #clients = new Map<string, Client>();
  /** "address port" of the connections that have a request under way: TLS wraps a socket, and the name stays. */
  readonly #busy = new Set<string>();
  #count = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Watches the connections of this server from now on. */
  guard(server: Server): void {
    server.on("connection", (socket) => this.#opened(socket));
  }

  get count(): number {
    return this.#count;
  }

  /** A request begins on this connection; the function that it returns is to be called once it has ended. */
  busy(socket: Socket): () => void {
    const name = nameOf(socket);
    this.#busy.add(name);
    return () => this.#busy.delete(name);
  }

  #opened(socket: Socket): void {
    const address = groupOf(socket.remoteAddress ?? "");
    const name = nameOf(socket);
    const client = this.#clients.get(address) ?? { sockets: new Set() };
    this.#clients.set(address, client);
    client.sockets.add(socket);
    this.#count++;
    socket.once("close", () => {
      this.#busy.delete(name);
      if (client.sockets.delete(socket)) this.#count--;
      if (client.sockets.size === 0 && this.#clients.get(address) === client) this.#clients.delete(address);
    });
    if (client.sockets.size > this.#limits.perAddress) this.#endOneOf(client, socket);
    if (this.#count > this.#limits.total) this.#endOneOf(this.#largest() ?? client, socket);
  }

  /** The oldest connection without a request; if all have one, the new one. */
  #endOneOf({ sockets }: Client, newest: Socket): void {
    const idle = [...sockets].find((socket) => socket !== newest && !this.#busy.has(nameOf(socket)));
    (idle ?? newest).destroy();
  }

  #largest(): Client | undefined {
    let most: Client | undefined;
    for (const client of this.#clients.values())
      if (!most || client.sockets.size > most.sockets.size) most = client;
    return most;
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** The address, or of an IPv6 address its /64 network: a client that has one has them all. */
export function groupOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [left = "", right] = address.split("::", 2);
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const missing = right === undefined ? 0 : 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array<string>(Math.max(0, missing)).fill("0"), ...groups(right)];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
