import type { TLSSocket } from "node:tls";
import { type buildConnector, errors } from "undici";

/** The pings of a connection and the checks for an answer are so far apart, ms. */
export const PING_INTERVAL_MS = 10_000;
/** Checks in a row that find no byte from the server until the connection counts as dead. */
const MAX_SILENT_CHECKS = 4;

/**
 * A connector whose HTTP/2 connections end when the server is silent, though it is pinged every 10 s: after 40 to 50 s, as
 * client-go's end after 45 s (docs/adr/0021). Every request and watch on it then fails, and begins again on another one.
 * Over HTTP/1.1 undici's limits of a request end the connection as well, so it needs no pings.
 */
export function endingWhenSilent(
  connector: buildConnector.connector,
  intervalMs = PING_INTERVAL_MS,
): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (socket && "alpnProtocol" in socket && socket.alpnProtocol === "h2")
        endWhenSilent(socket, intervalMs);
      if (error) callback(error, null);
      else callback(null, socket as NonNullable<typeof socket>);
    });
}

/** Checks are counted, and not time: a process that was suspended has not heard anything either. */
function endWhenSilent(socket: TLSSocket, intervalMs: number): void {
  let bytes = socket.bytesRead;
  let silent = 0;
  const timer = setInterval(() => {
    silent = socket.bytesRead === bytes ? silent + 1 : 0;
    bytes = socket.bytesRead;
    if (silent < MAX_SILENT_CHECKS) return;
    const seconds = (MAX_SILENT_CHECKS * intervalMs) / 1000;
    socket.destroy(new errors.SocketError(`the server has been silent for ${seconds} s`));
  }, intervalMs);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}
