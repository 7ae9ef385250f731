import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { Agent } from "node:http";
import type { AgentOptions } from "node:https";
import { delimiter, resolve } from "node:path";
import {
  type Cluster,
  type HttpMethod,
  KubeConfig,
  RequestContext,
  type User,
} from "@kubernetes/client-node";
import { load as parseYaml } from "js-yaml";
import { z } from "zod";
import { connectionPool, KEEP_ALIVE_MS, type PoolOptions, retire } from "./connection-pool.ts";
import { KubeconfigError } from "./errors.ts";
import { type Impersonation, impersonationHeaders, withFlags } from "./impersonation.ts";
import { proxyFromEnvironment } from "./proxy-environment.ts";

/** Where the credentials come from: a kubeconfig file, else the usual places (KUBECONFIG, the pod's service account). */
export interface ConnectionOptions {
  kubeconfig?: string;
  context?: string;
  /** Whom to act as; takes precedence over the kubeconfig. */
  impersonate?: Impersonation;
}

/** What a request needs: the credentials that it has now, and the pool that it takes a connection from. */
export interface Access {
  headers: Readonly<Record<string, string | string[]>>;
  agent: Agent;
}

/** What client-node does not read of a kubeconfig, except `as`. */
const moreOfUser = z.object({
  tokenFile: z.string().nullish(),
  as: z.string().nullish(),
  "as-uid": z.string().nullish(),
  "as-groups": z.array(z.string()).nullish(),
  "as-user-extra": z.record(z.string(), z.array(z.string())).nullish(),
});
const moreOfKubeconfig = z.object({
  users: z.array(z.object({ name: z.string(), user: moreOfUser.nullish() })).nullish(),
});

interface ConnectionUser extends User {
  impersonation?: Impersonation;
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
  /** Takes precedence over whom the kubeconfig's user acts as. */
  impersonate: Impersonation = {};
  #pool: Promise<Agent> | undefined;
  #poolKey = "";

  /**
   * Of several files in KUBECONFIG the first that sets something takes precedence, and one that is missing is left out, as
   * for kubectl. client-node takes the context of the last one, which may be of another cluster, and throws for a name that
   * two files have.
   */
  override loadFromDefault(): void {
    const files = (process.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
    if (files.length < 2) {
      super.loadFromDefault();
      return;
    }
    const found = files.filter((file) => existsSync(file));
    const [first, ...others] = found.length > 0 ? found : files;
    this.loadFromFile(first as string);
    for (const file of others) {
      const other = new Connection();
      other.loadFromFile(file);
      this.currentContext ||= other.currentContext;
      this.clusters = merged(this.clusters, other.clusters);
      this.users = merged(this.users, other.users);
      this.contexts = merged(this.contexts, other.contexts);
    }
  }

  /** client-node does not know a user's tokenFile, and would send requests as anonymous, nor whom it acts as but for the name. */
  override loadFromString(...[text, options]: Parameters<KubeConfig["loadFromString"]>): void {
    super.loadFromString(text, options);
    const more = usersOf(text);
    this.users = this.users.map((user) => ({ ...user, impersonation: impersonationOf(more.get(user.name)) }));
    this.#setTokenFiles(({ name }) => more.get(name)?.tokenFile ?? undefined);
  }

  override makePathsAbsolute(directory: string): void {
    super.makePathsAbsolute(directory);
    this.#setTokenFiles((user) => {
      const file = tokenFileOf(user);
      return file && resolve(directory, file);
    });
  }

  #setTokenFiles(fileOf: (user: User) => string | undefined): void {
    this.users = this.users.map((user) => {
      const tokenFile = fileOf(user);
      return tokenFile ? { ...user, authProvider: { name: "tokenFile", config: { tokenFile } } } : user;
    });
  }

  /** Without TLS, kubectl sends no credentials, but whom it acts as (ClientConfig of client-go's clientcmd). */
  override getCurrentUser(): ConnectionUser | null {
    const user: ConnectionUser | null = super.getCurrentUser();
    return user && isPlainHttp(this.getCurrentCluster()) ? withoutCredentials(user) : user;
  }

  /** Whom requests act as. */
  get impersonation(): Impersonation {
    return withFlags(this.getCurrentUser()?.impersonation ?? {}, this.impersonate);
  }

  /** Reads tokens and certificates again if they have changed. Throws if a file cannot be read. */
  async access(url: string, method: string): Promise<Access> {
    const context = new RequestContext(url, method as HttpMethod);
    await this.applySecurityAuthentication(context);
    const tokenFile = tokenFileOf(this.getCurrentUser());
    if (tokenFile)
      context.setHeaderParam("Authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
    if (!this.#pool) throw new KubeconfigError("client-node has not asked for connections");
    return {
      headers: { ...context.getHeaders(), ...impersonationHeaders(this.impersonation) },
      agent: await this.#pool,
    };
  }

  /** client-node would make a dispatcher of undici for each request; requests use the pool instead. */
  override createDispatcherOptions(cluster: Cluster | null, agentOptions: AgentOptions): PoolOptions {
    const key = digest(agentOptions);
    if (!this.#pool || key !== this.#poolKey) {
      const previous = this.#pool;
      const options = super.createDispatcherOptions(cluster && reachable(cluster), agentOptions);
      this.#pool = connectionPool(this.server, options, this.keepAliveMs);
      this.#poolKey = key;
      // A watch of previous certificates may last an hour. If these could not be read, each request has failed by that.
      previous?.then(retire, () => {});
    }
    return { type: "none" };
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
    const pool = await this.#pool?.catch(() => undefined);
    pool?.destroy();
    this.#pool = undefined;
  }
}

/** What has the same name as one before it is left out. */
function merged<T extends { name: string }>(own: readonly T[], others: readonly T[]): T[] {
  return [...own, ...others.filter(({ name }) => !own.some((one) => one.name === name))];
}

function tokenFileOf(user: User | null): string | undefined {
  const file: unknown = user?.authProvider?.config?.tokenFile;
  return typeof file === "string" ? file : undefined;
}

/**
 * client-node knows the kubeconfig's proxy-url only; kubectl, and all that uses client-go, the environment's as well. And it
 * rejects plain HTTP unless certificates are not verified; there are none, and kubectl allows it.
 */
function reachable(cluster: Cluster): Cluster {
  const proxyUrl = cluster.proxyUrl || proxyFromEnvironment(cluster.server, process.env);
  return {
    ...cluster,
    ...(proxyUrl ? { proxyUrl } : {}),
    skipTLSVerify: cluster.skipTLSVerify || isPlainHttp(cluster),
  };
}

function isPlainHttp(cluster: Cluster | null): boolean {
  return cluster?.server.startsWith("http:") ?? false;
}

function withoutCredentials({ name, impersonation }: ConnectionUser): ConnectionUser {
  return { name, ...(impersonation ? { impersonation } : {}) };
}

/** Throws a KubeconfigError that names the field if one has another type than client-go reads. */
function usersOf(text: string): Map<string, z.infer<typeof moreOfUser> | null | undefined> {
  const { data, error } = moreOfKubeconfig.safeParse(parseYaml(text));
  const [issue] = error?.issues ?? [];
  if (!data) throw new KubeconfigError(`${issue?.path.join(".")}: ${issue?.message}`);
  return new Map((data.users ?? []).map(({ name, user }) => [name, user]));
}

function impersonationOf(user: z.infer<typeof moreOfUser> | null | undefined): Impersonation {
  return {
    user: user?.as ?? undefined,
    uid: user?.["as-uid"] ?? undefined,
    groups: user?.["as-groups"] ?? undefined,
    extra: user?.["as-user-extra"] ?? undefined,
  };
}

/** Of what connections are made with, as client-node has read it for this request. */
function digest({ ca, cert, key }: AgentOptions): string {
  return createHash("sha256")
    .update(JSON.stringify([ca, cert, key].map(String)))
    .digest("hex");
}

/** What client-node falls back on if it finds no kubeconfig at all; a kubeconfig may name the same server. */
const NO_KUBECONFIG = { context: "loaded-context", server: "http://localhost:8080" };

/** Throws a KubeconfigError if the file cannot be read, has no such context, or if there is no file at all. */
export function connect(options: ConnectionOptions = {}): Connection {
  const connection = new Connection();
  load(connection, options.kubeconfig);
  if (options.kubeconfig === undefined) {
    const { currentContext } = connection;
    if (
      currentContext === NO_KUBECONFIG.context &&
      connection.getCurrentCluster()?.server === NO_KUBECONFIG.server
    )
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
  connection.impersonate = options.impersonate ?? {};
  impersonationHeaders(connection.impersonation); // to fail now, not at the first request
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
