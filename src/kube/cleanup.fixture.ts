import type { AddressInfo, Server } from "node:net";
import { afterEach } from "vitest";

/** What a test file's servers have in common: each is closed after the test that started it. To be called once, at the top. */
export function closedAfterEach() {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  return {
    stops,
    /** Starts a server on a free port of this machine, and returns the port. */
    async listening(server: Server): Promise<number> {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      stops.push(() => server.close());
      return (server.address() as AddressInfo).port;
    },
    /** The same for what is started already. */
    async running<P extends { close: () => void }>(started: Promise<P>): Promise<P> {
      const found = await started;
      stops.push(found.close);
      return found;
    },
  };
}
