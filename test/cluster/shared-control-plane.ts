import { rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeClient } from "../../src/kube/client.ts";
import { type Connection, connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { type Activity, activityOf } from "./api-server-activity.ts";
import { addedVersions, BaseLine, type Difference, isNone } from "./base-line.ts";
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from "./control-plane.ts";
import { waitUntil } from "./daemon.ts";
import { untilAdmissionIsRead, untilRbacIsRead } from "./markers.ts";

/** What a file may use of a control plane that is not its own. */
export type BorrowedControlPlane = Pick<
  ControlPlane,
  | "address"
  | "caFile"
  | "directory"
  | "etcd"
  | "kubeconfig"
  | "kubeconfigFor"
  | "kubeconfigForServiceAccount"
  | "kubeconfigForToken"
  | "kubectl"
  | "kubectlWithInput"
  | "server"
> & {
  /** Gives it back as it was. Throws if the file left what nothing but the end of the servers removes. */
  stop(): Promise<void>;
};

export type BorrowOptions = Pick<ControlPlaneOptions, "controllerManager" | "scheduler">;

/** How long the connections of clients that were stopped may take to end. */
const CLIENTS_TIMEOUT_MS = 10_000;

/**
 * A control plane for one test file after the other. Between two of them etcd is brought back to what it held after the
 * start, and the API server's discovery, RBAC and admission follow it before the next file begins. Its OpenAPI documents
 * follow within a second, unwaited for. Mutating admission policies are not supported: no test writes one.
 */
export class SharedControlPlane {
  readonly #plane: ControlPlane;
  readonly #connection: Connection;
  readonly #client: KubeClient;
  readonly #baseLine: BaseLine;
  /** Of the API server itself. */
  readonly #ownWatches: Activity["watches"];
  /** How often policies and webhooks had been written when the API server was last known to have read them. */
  #admissionWrites: number;
  #borrowers: string[] = [];
  #isLent = false;

  static async start(): Promise<SharedControlPlane> {
    const plane = await startControlPlane();
    try {
      const connection = connect({ kubeconfig: plane.kubeconfig });
      const activity = await activityOf(new KubeClient(connection));
      return new SharedControlPlane(plane, connection, await BaseLine.of(plane.etcd), activity);
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  private constructor(plane: ControlPlane, connection: Connection, baseLine: BaseLine, activity: Activity) {
    this.#plane = plane;
    this.#connection = connection;
    this.#client = new KubeClient(connection);
    this.#baseLine = baseLine;
    this.#ownWatches = activity.watches;
    this.#admissionWrites = activity.admissionWrites;
  }

  /** @param file the path of the test file, for what is reported about it */
  async lend(file: string, options: BorrowOptions): Promise<BorrowedControlPlane> {
    const last = this.#borrowers.at(-1);
    if (this.#isLent) throw new Error(`${last} did not give back the control plane that it borrowed`);
    const difference = await this.#baseLine.difference();
    if (!isNone(difference))
      throw new Error(`something of ${last} still writes to the control plane: ${described(difference)}`);
    this.#isLent = true;
    this.#borrowers.push(file);
    const plane = this.#plane;
    plane.startControllers(options);
    return {
      address: plane.address,
      caFile: plane.caFile,
      directory: plane.directory,
      etcd: plane.etcd,
      kubeconfig: plane.kubeconfig,
      kubeconfigFor: plane.kubeconfigFor.bind(plane),
      kubeconfigForServiceAccount: plane.kubeconfigForServiceAccount.bind(plane),
      kubeconfigForToken: plane.kubeconfigForToken.bind(plane),
      kubectl: plane.kubectl.bind(plane),
      kubectlWithInput: plane.kubectlWithInput.bind(plane),
      server: plane.server,
      stop: () => this.#takeBack(file),
    };
  }

  async stop(): Promise<void> {
    await this.#connection.close();
    await this.#plane.stop();
  }

  async #takeBack(file: string): Promise<void> {
    await this.#plane.stopControllers();
    await this.#untilClientsAreGone(file);
    const versions = addedVersions(await this.#baseLine.restore());
    await this.#untilRead(`reset-${this.#borrowers.length}`);
    await Promise.all(versions.map((version) => this.#untilNotServed(version)));
    let difference: Difference | undefined;
    await waitUntil(
      `the control plane to be as it was before ${file}`,
      async () => {
        difference = await this.#baseLine.restore();
        return isNone(difference);
      },
      { timeoutMs: 30_000, everyMs: 20 },
    ).catch((error: unknown) => {
      throw new Error(`${file} left ${difference && described(difference)}`, { cause: error });
    });
    forgetDiscovery(this.#plane.server);
    this.#isLent = false;
  }

  async #untilClientsAreGone(file: string): Promise<void> {
    let left: string[] = [];
    await waitUntil(
      "clients to be gone",
      async () => {
        left = [...(await activityOf(this.#client)).watches].flatMap(([resource, count]) => {
          const more = count - (this.#ownWatches.get(resource) ?? 0);
          return more > 0 ? [`${more} of ${resource}`] : [];
        });
        return left.length === 0;
      },
      { timeoutMs: CLIENTS_TIMEOUT_MS },
    ).catch((error: unknown) => {
      throw new Error(`${file} left clients that watch: ${left.join(", ")}`, { cause: error });
    });
  }

  /** Returns when the API server decides by what etcd holds. */
  async #untilRead(marker: string): Promise<void> {
    // A second of waiting that most files do not need.
    if ((await activityOf(this.#client)).admissionWrites > this.#admissionWrites) {
      await untilAdmissionIsRead(this.#client, marker);
      this.#admissionWrites = (await activityOf(this.#client)).admissionWrites;
    }
    await untilRbacIsRead(this.#client, marker);
  }

  /** @param version as an APIService is named: v1.example.com */
  async #untilNotServed(version: string): Promise<void> {
    const dot = version.indexOf(".");
    const path = `/apis/${version.slice(dot + 1)}/${version.slice(0, dot)}`;
    await waitUntil(
      `${path} to be gone`,
      async () =>
        await this.#client.json({ method: "GET", path }).then(
          () => false,
          (error: unknown) => error instanceof ApiError && error.status === 404,
        ),
      { everyMs: 20 },
    );
  }
}

/** Kubectl keeps what kinds a server has, by its address, in its user's home. */
function forgetDiscovery(server: string): void {
  const cache = process.env.KUBECACHEDIR ?? join(homedir(), ".kube", "cache");
  const name = new URL(server).host.replaceAll(/[^\w.]/g, "_");
  rmSync(join(cache, "discovery", name), { recursive: true, force: true });
}

function described({ added, changed, removed }: Difference): string {
  const some = (keys: string[]) => `${keys.slice(0, 5).join(", ")}${keys.length > 5 ? ", …" : ""}`;
  return Object.entries({ added, changed, removed })
    .filter(([, keys]) => keys.length > 0)
    .map(([what, keys]) => `${keys.length} ${what} (${some(keys)})`)
    .join("; ");
}
