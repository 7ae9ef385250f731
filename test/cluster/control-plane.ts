import { readFileSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { type AuditEvent, auditArguments, readAuditEvents } from "./audit.ts";
import { binaries } from "./binaries.ts";
import { CertificateAuthority, kubeconfig, newKey, newPublicKey } from "./certificates.ts";
import { Daemon, waitUntil } from "./daemon.ts";
import { compact } from "./etcd.ts";
import { execute } from "./execute.ts";
import { kubernetesProgram } from "./families.ts";
import { firstAddress, urlHost } from "./ip-families.ts";
import { requestedKubernetes } from "./kubernetes-release.ts";
import { type Needs, provide } from "./needs.ts";
import { releasePorts, reservePorts, sweepPorts } from "./ports.ts";
import {
  apiserverArguments,
  controllerManagerArguments,
  etcdArguments,
  etcdDirectory,
  etcdUrl,
  type Layout,
  type Ports,
  schedulerArguments,
} from "./server-arguments.ts";
import { createStateDirectory, orphanedStateDirectories, removeStateDirectory } from "./state-directory.ts";

export interface ControlPlaneOptions {
  controllerManager?: boolean;
  scheduler?: boolean;
  /** How long (s) a node may be without a heartbeat before the controller-manager takes it for lost. */
  nodeGraceSeconds?: number;
  /** The address the API server listens on; nodes in other namespaces need one that they reach. */
  address?: string;
  /** 10.96.0.0/16 if not given; two of different families with a comma in between for dual-stack. */
  serviceCidr?: string;
  /** Records requests for `auditEvents`: `true` for the metadata of all, or a policy of audit.k8s.io/v1. */
  auditPolicy?: object | true;
  /** Further arguments of kube-apiserver, for one test's purpose. */
  apiserverArgs?: string[];
}

const SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/**
 * What `startControlPlane` installs and builds first. The servers are of the release that KUBERNETES_VERSION asks for;
 * etcd and kubectl are the same for all.
 */
export const CONTROL_PLANE_NEEDS: Needs = {
  packages: ["openssl", "util-linux"],
  programs: ["etcd", ...SERVERS.map((name) => kubernetesProgram(name, requestedKubernetes())), "kubectl"],
};

/**
 * A real control plane of this machine's own: etcd and kube-apiserver, on demand controller-manager and
 * scheduler, on free ports. Several run side by side. Ready in a few seconds once the programs are built.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  await provide(CONTROL_PLANE_NEEDS);
  const [etcd, apiserver, controllerManager, scheduler, kubectl] = await binaries(
    CONTROL_PLANE_NEEDS.programs,
  );
  sweepDeadControlPlanes();
  const programs = { etcd, apiserver, controllerManager, scheduler, kubectl } as Programs;
  const plane = new ControlPlane(programs, options, await portsOn(options.address ?? "127.0.0.1"));
  try {
    await plane.start();
  } catch (error) {
    await plane.stop();
    throw error;
  }
  return plane;
}

/** Removes the files of control planes whose process died; their servers died with it (see Daemon). */
function sweepDeadControlPlanes(): void {
  for (const directory of orphanedStateDirectories("control-plane")) removeStateDirectory(directory);
  sweepPorts();
}

async function portsOn(address: string): Promise<Ports> {
  const [etcd, etcdPeer, apiserver, controllerManager, scheduler] = await reservePorts(5, address);
  return { etcd, etcdPeer, apiserver, controllerManager, scheduler } as Ports;
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
  readonly #layout: Layout;
  /** One connection for all questions whether the server is ready: a handshake for each costs both sides more than the answer. */
  readonly #admin: Agent;
  #daemons: Daemon[] = [];
  #isStopped = false;
  #etcd: Daemon | undefined;
  #apiserver: Daemon | undefined;
  /** What can happen to the API server under its clients. */
  readonly apiserver = {
    /** SIGKILL, as a machine that loses power: connections are reset, etcd keeps the objects. */
    kill: (): Promise<void> => this.#killApiserver(),
    /** Kills it if it runs, starts it again on the same port, and returns when it is ready. */
    restart: async (): Promise<void> => {
      await this.#killApiserver();
      await this.#startApiserver();
    },
    /** It hangs: connections stay open and nothing is answered, until `resume`. */
    suspend: (): void => this.#apiserver?.suspend(),
    resume: (): void => this.#apiserver?.resume(),
  };

  constructor(programs: Programs, options: ControlPlaneOptions, ports: Ports) {
    this.#programs = programs;
    this.#options = options;
    this.address = options.address ?? "127.0.0.1";
    this.serviceCidr = options.serviceCidr ?? "10.96.0.0/16";
    this.#layout = {
      directory: this.directory,
      caFile: this.ca.certFile,
      address: this.address,
      serviceCidr: this.serviceCidr,
      ports,
    };
    this.server = `https://${urlHost(this.address)}:${ports.apiserver}`;
    const admin = this.ca.issue("admin", { name: "admin", groups: ["system:masters"] });
    this.kubeconfig = this.#writeKubeconfig("admin", admin);
    this.#admin = new Agent({
      keepAlive: true,
      cert: readFileSync(admin.certFile),
      key: readFileSync(admin.keyFile),
      ca: readFileSync(this.caFile),
    });
  }

  /** The certificate of the authority that signed the API server's own. */
  get caFile(): string {
    return this.ca.certFile;
  }

  async start(): Promise<void> {
    newKey(join(this.directory, "sa.key"));
    newPublicKey(join(this.directory, "sa.key"), join(this.directory, "sa.pub"));
    this.#startEtcd();
    await this.#startApiserver();
    this.startControllers(this.#options);
  }

  /** The controller-manager and the scheduler, as far as they are asked for. */
  startControllers(wanted: Pick<ControlPlaneOptions, "controllerManager" | "scheduler">): void {
    if (wanted.controllerManager) this.#startControllerManager();
    if (wanted.scheduler) this.#startScheduler();
  }

  /** Kills the controller-manager and the scheduler. */
  async stopControllers(): Promise<void> {
    const servers = [this.#etcd, this.#apiserver];
    for (const daemon of this.#daemons) if (!servers.includes(daemon)) await daemon.kill();
    this.#daemons = this.#daemons.filter((daemon) => servers.includes(daemon));
  }

  #startEtcd(): void {
    this.#etcd = this.#run("etcd", this.#programs.etcd, etcdArguments(this.#layout));
  }

  /** SIGKILL, and started again with its data at once. Returns when the API server is ready again. */
  async restartEtcd(): Promise<void> {
    await this.#etcd?.kill();
    this.#daemons = this.#daemons.filter((daemon) => daemon !== this.#etcd);
    this.#startEtcd();
    await waitUntil("kube-apiserver to be ready", () => this.isReady());
  }

  /** Calls `change` with etcd's data directory while neither etcd nor the API server runs; returns when both are ready. */
  async whileEtcdIsStopped(change: (directory: string) => void): Promise<void> {
    await this.#killApiserver();
    await this.#etcd?.kill();
    this.#daemons = this.#daemons.filter((daemon) => daemon !== this.#etcd);
    change(etcdDirectory(this.#layout));
    this.#startEtcd();
    await this.#startApiserver();
  }

  async #startApiserver(): Promise<void> {
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
    this.#apiserver = this.#run("kube-apiserver", this.#programs.apiserver, [
      ...apiserverArguments(this.#layout, { serving, kubelet }),
      ...(this.#options.auditPolicy ? auditArguments(this.directory, this.#options.auditPolicy) : []),
      ...(this.#options.apiserverArgs ?? []),
    ]);
    await waitUntil("kube-apiserver to be ready", () => this.isReady(), {
      check: () => this.#assertRunning(),
    });
  }

  async #killApiserver(): Promise<void> {
    await this.#apiserver?.kill();
    this.#daemons = this.#daemons.filter((daemon) => daemon !== this.#apiserver);
    this.#apiserver = undefined;
  }

  /**
   * Forgets the history of objects in etcd. The API server answers from its own memory until `restart`; then
   * a list that goes on from an older page and a watch from an older resource version are answered 410.
   * Returns the revision that is left.
   */
  async expireHistory(): Promise<string> {
    return await compact(etcdUrl(this.#layout));
  }

  /** Where etcd serves clients, without TLS. */
  get etcd(): string {
    return etcdUrl(this.#layout);
  }

  /** The requests recorded until now; empty without `auditPolicy`. */
  auditEvents(): AuditEvent[] {
    return readAuditEvents(this.directory);
  }

  /** Path of a new kubeconfig for a user with a client certificate. RBAC decides what they may do. */
  kubeconfigFor(file: string, user: { name: string; groups?: string[] }): string {
    return this.#writeKubeconfig(file, this.ca.issue(file, user));
  }

  /**
   * Path of a new kubeconfig with a token of an existing service account (TokenRequest). The API server
   * grants no less than 600 s.
   */
  async kubeconfigForServiceAccount(namespace: string, name: string, seconds = 3600): Promise<string> {
    const token = await this.kubectl("create", "token", "-n", namespace, name, `--duration=${seconds}s`);
    return this.kubeconfigForToken(`${namespace}.${name}`, token.trim());
  }

  /** Path of a new kubeconfig with a token. */
  kubeconfigForToken(file: string, token: string): string {
    return this.#writeKubeconfig(file, { token });
  }

  #writeKubeconfig(file: string, user: Parameters<typeof kubeconfig>[2]): string {
    const path = join(this.directory, `${file}.kubeconfig`);
    writeFileSync(path, kubeconfig(this.server, this.caFile, user), { mode: 0o600 });
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
    if (this.#isStopped) return; // another may have its ports by now
    this.#isStopped = true;
    for (const daemon of this.#daemons.toReversed()) await daemon.kill();
    this.#daemons = [];
    this.#apiserver = undefined;
    this.#admin.destroy();
    releasePorts(Object.values(this.#layout.ports));
    removeStateDirectory(this.directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  isReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const asked = request(`${this.server}/readyz`, { agent: this.#admin, timeout: 2000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(false));
      asked.end();
    });
  }

  #startControllerManager(): void {
    const file = this.kubeconfigFor("controller-manager", { name: "system:kube-controller-manager" });
    const args = controllerManagerArguments(this.#layout, file, this.#options.nodeGraceSeconds);
    this.#run("kube-controller-manager", this.#programs.controllerManager, args);
  }

  #startScheduler(): void {
    const file = this.kubeconfigFor("scheduler", { name: "system:kube-scheduler" });
    this.#run("kube-scheduler", this.#programs.scheduler, schedulerArguments(this.#layout, file));
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
