import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { binaries } from "./binaries.ts";
import { CertificateAuthority, kubeconfig, newKey, openssl } from "./certificates.ts";
import { Daemon, waitUntil } from "./daemon.ts";
import { execute } from "./execute.ts";
import { createStateDirectory, orphanedStateDirectories, removeStateDirectory } from "./state-directory.ts";

export interface ControlPlaneOptions {
  controllerManager?: boolean;
  scheduler?: boolean;
  /** The address the API server listens on; nodes in other namespaces need one that they reach. */
  address?: string;
  serviceCidr?: string;
  /** Further arguments of kube-apiserver, for one test's purpose. */
  apiserverArgs?: string[];
}

/**
 * A real control plane of this machine's own: etcd and kube-apiserver, on demand controller-manager and
 * scheduler, on free ports. Several run side by side. Ready in a few seconds once the programs are built.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const [etcd, apiserver, controllerManager, scheduler, kubectl] = await binaries([
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
  ]);
  for (const directory of orphanedStateDirectories("control-plane")) removeStateDirectory(directory);
  const programs = { etcd, apiserver, controllerManager, scheduler, kubectl } as Programs;
  const plane = new ControlPlane(programs, options, await freePorts(5, options.address ?? "127.0.0.1"));
  try {
    await plane.start();
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane;
}

interface Programs {
  etcd: string;
  apiserver: string;
  controllerManager: string;
  scheduler: string;
  kubectl: string;
}

export class ControlPlane implements AsyncDisposable {
  readonly directory = createStateDirectory("control-plane");
  readonly ca = new CertificateAuthority(this.directory);
  readonly serviceCidr: string;
  readonly address: string;
  /** https://address:port of the API server. */
  readonly server: string;
  /** Path of a kubeconfig of a member of system:masters. */
  readonly kubeconfig: string;
  readonly #programs: Programs;
  readonly #options: ControlPlaneOptions;
  readonly #ports: number[];
  #daemons: Daemon[] = [];
  #apiserver: Daemon | undefined;

  constructor(programs: Programs, options: ControlPlaneOptions, ports: number[]) {
    this.#programs = programs;
    this.#options = options;
    this.#ports = ports;
    this.address = options.address ?? "127.0.0.1";
    this.serviceCidr = options.serviceCidr ?? "10.96.0.0/16";
    this.server = `https://${this.address}:${ports[2]}`;
    this.kubeconfig = this.kubeconfigFor("admin", { name: "admin", groups: ["system:masters"] });
  }

  async start(): Promise<void> {
    newKey(join(this.directory, "sa.key"));
    openssl([
      "pkey",
      "-in",
      join(this.directory, "sa.key"),
      "-pubout",
      "-out",
      join(this.directory, "sa.pub"),
    ]);
    const [client, peer] = this.#ports;
    this.#run("etcd", this.#programs.etcd, [
      `--data-dir=${join(this.directory, "etcd")}`,
      "--unsafe-no-fsync",
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
      "--log-level=error",
    ]);
    await this.startApiserver();
    if (this.#options.controllerManager) this.#startControllerManager();
    if (this.#options.scheduler) this.#startScheduler();
  }

  /** Starts the API server (again), and returns when it says that it is ready. */
  async startApiserver(): Promise<void> {
    const serving = this.ca.issue("apiserver", { name: "kube-apiserver" }, [
      this.address,
      "127.0.0.1",
      firstAddress(this.serviceCidr),
      "localhost",
      "kubernetes.default.svc",
      "kubernetes.default",
    ]);
    const kubelet = this.ca.issue("apiserver-kubelet", {
      name: "kube-apiserver",
      groups: ["system:masters"],
    });
    const file = (name: string) => join(this.directory, name);
    this.#apiserver = this.#run("kube-apiserver", this.#programs.apiserver, [
      `--etcd-servers=http://127.0.0.1:${this.#ports[0]}`,
      `--bind-address=${this.address}`,
      `--secure-port=${this.#ports[2]}`,
      `--tls-cert-file=${serving.certFile}`,
      `--tls-private-key-file=${serving.keyFile}`,
      `--client-ca-file=${this.ca.certFile}`,
      `--kubelet-client-certificate=${kubelet.certFile}`,
      `--kubelet-client-key=${kubelet.keyFile}`,
      "--kubelet-preferred-address-types=InternalIP",
      `--service-account-key-file=${file("sa.pub")}`,
      `--service-account-signing-key-file=${file("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-cluster-ip-range=${this.serviceCidr}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged=true",
      "--endpoint-reconciler-type=none",
      ...(this.#options.apiserverArgs ?? []),
    ]);
    await waitUntil("kube-apiserver to be ready", () => this.isReady(), {
      check: () => this.#assertRunning(),
    });
  }

  /** SIGKILL, as a machine that loses power. */
  async killApiserver(): Promise<void> {
    await this.#apiserver?.kill();
    this.#daemons = this.#daemons.filter((daemon) => daemon !== this.#apiserver);
    this.#apiserver = undefined;
  }

  /** Path of a new kubeconfig for a user with a client certificate. */
  kubeconfigFor(file: string, user: { name: string; groups?: string[] }): string {
    const path = join(this.directory, `${file}.kubeconfig`);
    writeFileSync(path, kubeconfig(this.server, this.ca.certFile, this.ca.issue(file, user)), {
      mode: 0o600,
    });
    return path;
  }

  /** Runs kubectl as admin. Returns standard output; throws with standard error when it fails. */
  async kubectl(...args: string[]): Promise<string> {
    return await execute(this.#programs.kubectl, ["--kubeconfig", this.kubeconfig, ...args]);
  }

  /** kubectl with `input` on standard input (`apply -f -`). */
  async kubectlWithInput(input: string, ...args: string[]): Promise<string> {
    return await execute(this.#programs.kubectl, ["--kubeconfig", this.kubeconfig, ...args], { input });
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) await daemon.kill();
    this.#daemons = [];
    removeStateDirectory(this.directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  isReady(): Promise<boolean> {
    const admin = {
      cert: readFileSync(join(this.directory, "admin.crt")),
      key: readFileSync(join(this.directory, "admin.key")),
    };
    return new Promise((resolve) => {
      const asked = request(
        `${this.server}/readyz`,
        { ...admin, ca: readFileSync(this.ca.certFile), agent: false, timeout: 2000 },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      );
      asked.on("error", () => resolve(false));
      asked.end();
    });
  }

  #startControllerManager(): void {
    const file = this.kubeconfigFor("controller-manager", { name: "system:kube-controller-manager" });
    this.#run("kube-controller-manager", this.#programs.controllerManager, [
      `--kubeconfig=${file}`,
      `--secure-port=${this.#ports[3]}`,
      "--bind-address=127.0.0.1",
      "--use-service-account-credentials",
      "--leader-elect=false",
      `--service-account-private-key-file=${join(this.directory, "sa.key")}`,
      `--root-ca-file=${this.ca.certFile}`,
      `--service-cluster-ip-range=${this.serviceCidr}`,
    ]);
  }

  #startScheduler(): void {
    const file = this.kubeconfigFor("scheduler", { name: "system:kube-scheduler" });
    this.#run("kube-scheduler", this.#programs.scheduler, [
      `--kubeconfig=${file}`,
      `--secure-port=${this.#ports[4]}`,
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
    ]);
  }

  #run(name: string, command: string, args: string[]): Daemon {
    const daemon = Daemon.start({ name, command, args, logFile: join(this.directory, `${name}.log`) });
    this.#daemons.push(daemon);
    return daemon;
  }

  #assertRunning(): void {
    for (const daemon of this.#daemons) daemon.assertRunning();
  }
}

/** The first usable address of a service range: the API server's own service. */
export function firstAddress(cidr: string): string {
  return cidr.replace(/\d+\/\d+$/, "1");
}

/**
 * `count` TCP ports that nobody listens on, outside the kernel's range for outgoing connections, so that a
 * connection made between now and the server's start cannot take one.
 */
async function freePorts(count: number, address: string): Promise<number[]> {
  const ports: number[] = [];
  const seed = createHash("sha256")
    .update(`${process.pid}-${process.hrtime.bigint()}`)
    .digest()
    .readUInt32BE();
  for (let step = 0; ports.length < count; step++) {
    const port = 20_000 + ((seed + step * 7) % 10_000);
    if ((await isFree(port, "127.0.0.1")) && (await isFree(port, address))) ports.push(port);
    if (step > 10_000) await sleep(100);
  }
  return ports;
}

function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
