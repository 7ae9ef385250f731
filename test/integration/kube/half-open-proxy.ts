import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { ControlPlane } from "../../cluster/control-plane.ts";

/** Passes the bytes of TLS connections to a real API server on, until it forgets connections as a firewall does. */
export class HalfOpenProxy implements AsyncDisposable {
  /** Path of a kubeconfig that leads through the proxy, as admin. */
  readonly kubeconfig: string;
  connections = 0;
  readonly #server: Server;
  readonly #open = new Set<readonly [Socket, Socket]>();

  private constructor(plane: ControlPlane, server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.kubeconfig = join(plane.directory, `half-open-${port}.kubeconfig`);
    const text = readFileSync(plane.kubeconfig, "utf8").replaceAll(plane.server, `https://127.0.0.1:${port}`);
    writeFileSync(this.kubeconfig, text, { mode: 0o600 });
    const { port: target, hostname } = new URL(plane.server);
    server.on("connection", (near) => {
      this.connections++;
      const far = connect(Number(target), hostname);
      const pair = [near, far] as const;
      this.#open.add(pair);
      near.pipe(far).pipe(near);
      for (const end of pair)
        end
          .on("error", () => {})
          .on("close", () => {
            this.#open.delete(pair);
            near.destroy();
            far.destroy();
          });
    });
  }

  static async start(plane: ControlPlane): Promise<HalfOpenProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new HalfOpenProxy(plane, server);
  }

  /** From now on no byte of the open connections passes in either direction. They stay open, and new ones work. */
  forget(): void {
    for (const [near, far] of this.#open) {
      near.unpipe(far).resume();
      far.unpipe(near).resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [near] of this.#open) near.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
