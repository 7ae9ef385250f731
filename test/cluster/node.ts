import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binaries } from "./binaries.ts";
import type { Image } from "./buildah.ts";
import { type Certificate, kubeconfig } from "./certificates.ts";
import { createCgroup, removeCgroup } from "./cgroups.ts";
import { containerdConfiguration } from "./containerd-config.ts";
import { Daemon, waitUntil } from "./daemon.ts";
import { CommandError, execute } from "./execute.ts";
import { copyImageStore } from "./image-store.ts";
import { addNodeNetwork, type NodeNetwork, removeNodeNetwork, type Service } from "./network.ts";

export interface NodeOptions {
  name: string;
  directory: string;
  network: NodeNetwork;
  /** The name of its cgroup; see `nodeCgroup`. */
  cgroup: string;
  server: string;
  service: Service;
  caFile: string;
  certificate: Certificate;
  /** Path of kube-proxy's kubeconfig; it does not run without. */
  proxyKubeconfig?: string;
  /** As the kubelet's --register-with-taints has them: key=value:effect, with commas in between. */
  taints?: string;
}

/** The node's own directories; everything else it shares with the machine, read as it is. */
const OVERLAID = ["/etc", "/opt", "/var/lib", "/var/log"];
/** Under these live the mounts of containers, which an overlay cannot carry. */
const OWN = ["/var/lib/containerd", "/var/lib/kubelet"];

/**
 * One real Kubernetes node on this machine: a network, mount and process namespace of its own, in which
 * containerd and the kubelet run. When the namespace's first process ends, the kernel ends all others.
 */
export class ClusterNode {
  readonly name: string;
  readonly address: string;
  readonly #options: NodeOptions;
  #holder: Daemon | undefined;
  #init = 0;
  #daemons: Daemon[] = [];

  constructor(options: NodeOptions) {
    this.name = options.name;
    this.address = options.network.addresses[0] ?? "";
    this.#options = options;
  }

  /** Gives the node the images of a store (see `imageStore`), before its first start. */
  async takeImages(store: string): Promise<void> {
    await copyImageStore(store, ownFiles(this.#options.directory, "/var/lib/containerd"));
  }

  async start(): Promise<void> {
    await addNodeNetwork(this.#options.network, this.#options.service);
    await this.#enterNamespaces();
    await this.#startContainerd();
    await this.#startKubelet();
    await this.#startProxy();
  }

  /** Ends everything that runs on the node at once, as when a machine loses power. Its files stay for `start`. */
  async powerOff(): Promise<void> {
    for (const daemon of [...this.#daemons.toReversed(), this.#holder]) await daemon?.kill();
    this.#daemons = [];
    this.#holder = undefined;
    await removeNodeNetwork(this.#options.network);
    await removeCgroup(this.#options.cgroup);
  }

  /** Runs a command on the node. Returns standard output; throws a CommandError when it fails. */
  async exec(...command: string[]): Promise<string> {
    const [program = "", ...args] = this.#inside(command);
    return await execute(program, args);
  }

  /** Runs a command on the node with `input` on standard input. */
  async execWithInput(input: string, ...command: string[]): Promise<string> {
    const [program = "", ...args] = this.#inside(command);
    return await execute(program, args, { input });
  }

  async writeFile(path: string, content: string): Promise<void> {
    await this.execWithInput(content, "dd", "status=none", `of=${path}`);
  }

  async readFile(path: string): Promise<string> {
    return await this.exec("cat", path);
  }

  /** The names in a directory of the node, sorted; none where there is no such directory. */
  async listDirectory(path: string): Promise<string[]> {
    try {
      return (await this.exec("ls", "-A1", path)).split("\n").filter(Boolean);
    } catch (error) {
      if (error instanceof CommandError && error.stderr.includes("No such file")) return [];
      throw error;
    }
  }

  /** Puts the kubelet's kubeconfig where kubeadm has it. */
  async installKubeletKubeconfig(): Promise<void> {
    await this.exec("mkdir", "-p", "/etc/kubernetes");
    await this.writeFile("/etc/kubernetes/kubelet.conf", readFileSync(this.#kubeletKubeconfig, "utf8"));
  }

  async loadImage(image: Image): Promise<void> {
    const [ctr = ""] = await binaries(["ctr"]);
    await this.exec(ctr, "-n", "k8s.io", "images", "import", "--local", image.archive);
  }

  /** The end of the node's own logs, for the message of a test that failed. */
  logTail(lines: number): string {
    return this.#daemons
      .map((daemon) => `--- ${this.name} ${daemon.name}\n${daemon.logTail(lines)}`)
      .join("\n");
  }

  get #kubeletKubeconfig(): string {
    return join(this.#options.directory, "kubelet.kubeconfig");
  }

  #inside(command: string[]): string[] {
    const at = `/proc/${this.#init}/ns`;
    return [
      "nsenter",
      `--net=${at}/net`,
      `--mount=${at}/mnt`,
      `--pid=${at}/pid_for_children`,
      "--",
      ...command,
    ];
  }

  async #enterNamespaces(): Promise<void> {
    const { directory, network } = this.#options;
    await createCgroup(this.#options.cgroup);
    const script = join(directory, "namespace.sh");
    const ready = join(directory, "ready");
    rmSync(ready, { force: true });
    writeFileSync(script, namespaceScript(directory, ready));
    this.#holder = Daemon.start({
      name: "node",
      command: "nsenter",
      args: [
        `--net=/run/netns/${network.namespace}`,
        "unshare",
        "--mount",
        "--propagation=private",
        "--pid",
        "--fork",
        "--kill-child=SIGKILL",
        "--mount-proc",
        "bash",
        script,
      ],
      logFile: join(directory, "node.log"),
      graceMs: 0,
    });
    const holder = this.#holder;
    await waitUntil(`${this.name}'s namespaces`, () => existsSync(ready), {
      check: () => holder.assertRunning(),
    });
    this.#init = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim());
  }

  async #startContainerd(): Promise<void> {
    const [containerd = "", shim = ""] = await binaries(["containerd", "containerd-shim-runc-v2"]);
    const path = `${join(shim, "..")}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
    const config = join(this.#options.directory, "containerd.toml");
    writeFileSync(config, containerdConfiguration());
    this.#run("containerd", ["env", `PATH=${path}`, containerd, "--config", config]);
    const [ctr = ""] = await binaries(["ctr"]);
    await waitUntil(`${this.name}'s containerd`, async () => (await this.exec(ctr, "version")) !== "", {
      check: () => this.#assertRunning(),
    });
  }

  async #startKubelet(): Promise<void> {
    const { directory, server, caFile, certificate, cgroup, taints } = this.#options;
    const [kubelet = ""] = await binaries(["kubelet"]);
    const access = this.#kubeletKubeconfig;
    writeFileSync(access, kubeconfig(server, caFile, certificate), { mode: 0o600 });
    const config = join(directory, "kubelet.json");
    writeFileSync(config, JSON.stringify(kubeletConfiguration(caFile, `/${cgroup}`)));
    this.#run("kubelet", [
      kubelet,
      `--config=${config}`,
      `--kubeconfig=${access}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${this.#options.network.addresses.join()}`,
      "--root-dir=/var/lib/kubelet",
      "--cert-dir=/var/lib/kubelet/pki",
      ...(taints === undefined ? [] : [`--register-with-taints=${taints}`]),
    ]);
  }

  async #startProxy(): Promise<void> {
    const { proxyKubeconfig } = this.#options;
    if (proxyKubeconfig === undefined) return;
    const [proxy = ""] = await binaries(["kube-proxy"]);
    this.#run("kube-proxy", [
      proxy,
      `--kubeconfig=${proxyKubeconfig}`,
      `--hostname-override=${this.name}`,
      "--proxy-mode=iptables",
      // Connection tracking is the machine's to tune.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0",
      "--conntrack-tcp-timeout-close-wait=0",
    ]);
  }

  #run(name: string, command: string[]): void {
    const [program = "", ...args] = this.#inside(command);
    this.#daemons.push(
      Daemon.start({ name, command: program, args, logFile: join(this.#options.directory, `${name}.log`) }),
    );
  }

  #assertRunning(): void {
    for (const daemon of this.#daemons) daemon.assertRunning();
  }
}

/** Where this machine keeps what the node has under one of the paths of OWN. */
function ownFiles(directory: string, path: string): string {
  return join(directory, "files", path.replaceAll("/", "_"));
}

/**
 * Bidirectional and HostToContainer mounts need a shared root. /run is new, so that sockets and pods'
 * network namespaces are the node's own and go with it; copies of the machine's mounts of namespaces would keep
 * those of other clusters alive.
 */
function namespaceScript(directory: string, ready: string): string {
  const overlays = OVERLAID.map((path) => {
    const upper = join(directory, "files", path);
    const work = join(directory, "work", path);
    return `mkdir -p ${upper} ${work}\nmount -t overlay overlay -o lowerdir=${path},upperdir=${upper},workdir=${work} ${path}`;
  });
  const own = OWN.map((path) => {
    const files = ownFiles(directory, path);
    return `mkdir -p ${files} ${path}\nmount --bind ${files} ${path}`;
  });
  mkdirSync(directory, { recursive: true });
  return `set -eu
if mountpoint -q /run/netns; then umount --recursive --lazy /run/netns; fi
mount --make-rshared /
${overlays.join("\n")}
${own.join("\n")}
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/containerd /etc/cni/net.d /opt/cni/bin /var/lib/cni
ip link set lo up
touch ${ready}
# The shell stays as the node's first process: it reaps what other processes leave, as init does.
sleep infinity &
wait
`;
}

function kubeletConfiguration(caFile: string, cgroupRoot: string): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      x509: { clientCAFile: caFile },
      anonymous: { enabled: false },
      webhook: { enabled: false },
    },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    cgroupDriver: "cgroupfs",
    cgroupRoot,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    resolvConf: "",
    // Nothing answers there: no pod of the tests asks for a name. Without an address the kubelet warns at each pod, every ten
    // seconds (MissingClusterDNS).
    clusterDNS: ["10.96.0.10"],
    clusterDomain: "cluster.local",
    // The machine's disk is not the node's to guard.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
    syncFrequency: "10s",
    nodeStatusUpdateFrequency: "5s",
    // Its Lease is a node's heartbeat: an unchanged status every few seconds is work for everything that watches nodes.
    nodeStatusReportFrequency: "5m",
    nodeLeaseDurationSeconds: 20, // renewed after a quarter
    volumeStatsAggPeriod: "0s",
    podLogsDir: "/var/log/pods",
  };
}
