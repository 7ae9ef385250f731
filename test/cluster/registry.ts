import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { binary } from "./binaries.ts";
import type { Image } from "./buildah.ts";
import { CertificateAuthority } from "./certificates.ts";
import { waitUntil } from "./daemon.ts";
import { execute } from "./execute.ts";
import { startRegistryServer } from "./registry-server.ts";
import { createStateDirectory, removeStateDirectory } from "./state-directory.ts";

/** The one account of a test's registry. */
export const ACCOUNT = { user: "robot", password: "first-users" };
/** Its line of an htpasswd file: bcrypt is the one kind that distribution reads. */
const HTPASSWD = "robot:$2b$05$multusoperatorregistruWyf/VSFmnreeyv0Su6TC3SefBkjgGaa\n";

export interface RegistryOptions {
  /** The machine's address that the nodes reach: a cluster's `network.address`. */
  address: string;
  /** Serves TLS with a certificate of a CA that nobody knows. Plain HTTP where not said, as Harbor is often run. */
  tls?: boolean;
}

/** What answers at the registry's port, however it runs. */
export interface RegistryServer {
  port: number;
  stop(): Promise<void>;
}

/** A real OCI registry (distribution) that asks for a login, at an address that the nodes reach. */
export async function startRegistry({ address, tls = false }: RegistryOptions): Promise<Registry> {
  const directory = createStateDirectory("registry");
  try {
    writeConfiguration(directory, address, tls);
    const server = await startRegistryServer(directory, address);
    const registry = new Registry(directory, `${address}:${server.port}`, tls, server);
    await waitUntil("the registry to ask for a login", async () => (await registry.answer()) === 401);
    return registry;
  } catch (error) {
    removeStateDirectory(directory);
    throw error;
  }
}

export class Registry implements AsyncDisposable {
  /** address:port, as an image's name begins. */
  readonly host: string;
  /** For DOCKER_CONFIG: crane, docker and buildah find the login in its config.json. */
  readonly dockerConfig: string;
  readonly #directory: string;
  readonly #tls: boolean;
  readonly #server: RegistryServer;

  constructor(directory: string, host: string, tls: boolean, server: RegistryServer) {
    this.#directory = directory;
    this.host = host;
    this.#tls = tls;
    this.#server = server;
    this.dockerConfig = join(directory, "docker");
    mkdirSync(this.dockerConfig);
    writeFileSync(join(this.dockerConfig, "config.json"), this.dockerConfigJson());
  }

  /** What a secret of the type kubernetes.io/dockerconfigjson holds. */
  dockerConfigJson({ user, password } = ACCOUNT): string {
    const auth = Buffer.from(`${user}:${password}`).toString("base64");
    return JSON.stringify({ auths: { [this.host]: { auth } } });
  }

  /** Pushes with crane, as `repository:tag` of this registry. Returns the whole reference. */
  async push(image: Image, name: string): Promise<string> {
    const reference = `${this.host}/${name}`;
    await this.crane("push", image.archive, reference);
    return reference;
  }

  /** crane, logged in. `--insecure`: over plain HTTP, and whatever the certificate. */
  async crane(...args: string[]): Promise<string> {
    const env = { ...process.env, DOCKER_CONFIG: this.dockerConfig };
    return await execute(await binary("crane"), ["--insecure", ...args], { env });
  }

  /** The HTTP status with which it answers who is not logged in. Rejects while nobody listens. */
  async answer(): Promise<number | undefined> {
    const path = `${this.host}/v2/`;
    const request = this.#tls
      ? https.get(`https://${path}`, { rejectUnauthorized: false, agent: false })
      : http.get(`http://${path}`, { agent: false });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    removeStateDirectory(this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Every path is relative to `directory`, wherever a server sees it. The address comes by the environment. */
function writeConfiguration(directory: string, address: string, tls: boolean): void {
  writeFileSync(join(directory, "htpasswd"), HTPASSWD);
  if (tls) new CertificateAuthority(directory).issue("registry", { name: "registry" }, [address]);
  const configuration = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: "storage" } },
    auth: { htpasswd: { realm: "registry", path: "htpasswd" } },
    http: {
      secret: randomBytes(16).toString("hex"),
      relativeurls: true,
      ...(tls ? { tls: { certificate: "registry.crt", key: "registry.key" } } : {}),
    },
  };
  // JSON is YAML.
  writeFileSync(join(directory, "config.yml"), JSON.stringify(configuration));
}
