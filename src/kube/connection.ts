import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { AgentOptions } from "node:https";
import { type Cluster, KubeConfig, type RequestContext } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { connectionPool, KEEP_ALIVE_MS, type PoolOptions } from "./connection-pool.ts";
import { KubeconfigError } from "./errors.ts";

/** Where the credentials come from: a kubeconfig file, else the usual places (KUBECONFIG, the pod's service account). */
export interface ConnectionOptions {
  kubeconfig?: string;
  context?: string;
}

/**
 * A KubeConfig that keeps its connections. client-node 2.0.1 makes a new pool, and so a new TLS connection,
 * for every request (createDispatcher); this one keeps the first pool until the CA or the client certificate
 * changes on disk. A bearer token in a file is read for each request: client-node reads it once a minute, and
 * a token that was rotated before its time would be rejected until then.
 */
export class Connection extends KubeConfig {
  /** Silence until a connection is probed, ms; see connection-pool.ts. */
  keepAliveMs = KEEP_ALIVE_MS;
  #pool: Dispatcher | undefined;
  #poolKey = "";

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const tokenFile: unknown = this.getCurrentUser()?.authProvider?.config?.tokenFile;
    if (typeof tokenFile === "string")
      context.setHeaderParam("Authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
    const made = context.getDispatcher();
    if (made) this.#keep(made, this.#certificatesKey());
    if (this.#pool) context.setDispatcher(this.#pool);
  }

  /** No pool is made only to be closed: that took an eighth of the CPU time of an install. */
  override createDispatcherOptions(cluster: Cluster | null, agentOptions: AgentOptions): PoolOptions {
    const key = this.#certificatesKey();
    if (this.#pool && key === this.#poolKey) return { type: "none" };
    const options = super.createDispatcherOptions(cluster, agentOptions);
    const made = connectionPool(options, this.keepAliveMs);
    if (!made) return options;
    this.#keep(made, key);
    return { type: "none" };
  }

  #keep(made: Dispatcher, key: string): void {
    // With SOCKS, two first requests at the same time make two.
    const [kept, unused] = this.#pool && key === this.#poolKey ? [this.#pool, made] : [made, this.#pool];
    this.#pool = kept;
    this.#poolKey = key;
    void unused?.close(); // lets running requests end: a watch of previous certificates may last an hour
  }

  /** https://address:port, without a slash at the end. Throws if the kubeconfig names no cluster. */
  get server(): string {
    const cluster = this.getCurrentCluster();
    if (!cluster)
      throw new KubeconfigError(`the kubeconfig's context "${this.currentContext}" names no cluster`);
    return cluster.server.replace(/\/$/, "");
  }

  /** Ends the connections; running requests fail, except those begun with previous certificates. */
  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = undefined;
  }

  #certificatesKey(): string {
    const cluster = this.getCurrentCluster();
    const user = this.getCurrentUser();
    const hash = createHash("sha256");
    for (const file of [cluster?.caFile, user?.certFile, user?.keyFile])
      hash.update(file ? readFileSync(file) : "-");
    return hash.digest("hex");
  }
}

/** What client-node falls back on if it finds no kubeconfig at all. */
const NO_KUBECONFIG = "http://localhost:8080";

/** Throws a KubeconfigError if the file cannot be read, has no such context, or if there is no file at all. */
export function connect(options: ConnectionOptions = {}): Connection {
  const connection = new Connection();
  load(connection, options.kubeconfig);
  if (options.kubeconfig === undefined) {
    if (connection.getCurrentCluster()?.server === NO_KUBECONFIG)
      throw new KubeconfigError(
        "there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a cluster, and this is not a pod",
      );
  }
  if (options.context !== undefined) {
    if (!connection.getContextObject(options.context))
      throw new KubeconfigError(
        `no context "${options.context}" in the kubeconfig (it has: ${connection.contexts.map((c) => c.name).join(", ")})`,
      );
    connection.setCurrentContext(options.context);
  }
  return connection;
}

function load(connection: Connection, file: string | undefined): void {
  try {
    if (file === undefined) connection.loadFromDefault();
    else connection.loadFromFile(file);
  } catch (cause) {
    // js-yaml shows the place in further lines.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new KubeconfigError(`the kubeconfig${file ? ` ${file}` : ""} cannot be read: ${why}`, { cause });
  }
}
