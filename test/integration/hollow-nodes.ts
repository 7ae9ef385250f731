import { NODE_TASK } from "../../src/controllers/nodes/task-pod.ts";
import type { NodeInspection } from "../../src/crds/node-inspection.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { type ApiObject, NODES, type ObjectRef, PODS } from "../../src/kube/resource.ts";
import { Reflector } from "../../src/kube/watch/reflector.ts";
import type { CleaningReport } from "../../src/node/cleaning-report.ts";
import type { Logger } from "../../src/telemetry/logger.ts";

interface Pod {
  name: string;
  namespace: string;
  uid: string;
  /** Its resource version. */
  revision: number;
  node: string;
  ending: boolean;
  task: string | undefined;
  label: string;
  runs: boolean;
  /** Whether it asks for a network. */
  requests: boolean;
  /** It runs the thick daemon. */
  isDaemon: boolean;
  /** Of its first container. */
  args: readonly string[];
}

/** Well below the 50 s without a heartbeat after which the node controller gives a node up. */
const HEARTBEAT_MS = 10_000;
/** How long a task takes on a hollow node, ms: long enough for several to be under way together. */
const TASK_MS = 150;

/** Between two attempts while the API server does not answer, ms. */
const AGAIN_MS = 100;

/** What becomes of a task: it is done, its program reports a problem, its pod ends without an answer, or never ends. */
export type TaskEnd = "answers" | "refuses" | "dies" | "hangs";

/**
 * Node objects with nobody behind them but this class, which says of their pods what kubelets would say: as many
 * nodes as one likes, on an API server with scheduler and controllers that are real.
 */
export class HollowNodes {
  /** The tasks that ran, in order. */
  readonly tasks: { kind: string; node: string }[] = [];
  /** What tasks have answered, and the revision at which it was there to be read. */
  readonly answers: { kind: string; node: string; revision: number; message: string }[] = [];
  /** What was to be installed by the tasks that install plugins, in order. */
  readonly pluginTasks: { node: string; plugins: string[]; image: string }[] = [];
  /** What these have put on a node, and which image they were last from. */
  readonly plugins = new Map<string, { image: string; installed: string[] }>();
  readonly mostAtOnce: Record<string, number> = {};
  /** Nodes of which nothing is heard. */
  readonly dead = new Set<string>();
  /** Each pod that was started, by its label `name`, in order. */
  readonly started: { name: string; node: string }[] = [];
  /** Each pod that was told to end, in order, and the labels `name` of the pods that ran next to it then. */
  readonly ended: { name: string; node: string; next: string[] }[] = [];
  /** "namespace/name" of the network that pods get which request one. */
  network: string | undefined;
  /** How the next task of this kind ends on this node; each answers if this is not set. */
  behave: (kind: string, node: string) => TaskEnd = () => "answers";
  /** How long a task takes, ms. */
  taskMs = TASK_MS;
  /**
   * By kind: no task ends before this many of the kind have run at the same time, even if the API server is slow to create
   * their pods.
   */
  readonly atOnce: Record<string, number> = {};
  /** What a look at a node finds beside the usual. */
  readonly found = new Map<string, Partial<NodeInspection>>();
  readonly #client: KubeClient;
  readonly #pods: Reflector<Pod>;
  readonly #seen = new Set<string>();
  readonly #ending = new Set<string>();
  readonly #running: Record<string, number> = {};
  readonly #names = new Set<string>();
  #hasStopped = false;
  #beating = Promise.resolve();
  readonly #heart = setInterval(() => {
    this.#beating = this.#beating.then(() => this.#beat());
  }, HEARTBEAT_MS);

  constructor(client: KubeClient, log: Logger) {
    this.#client = client;
    this.#pods = new Reflector<Pod>({
      client,
      log,
      type: PODS,
      project: podOf,
      onChange: (_, pod) => {
        if (!pod) return;
        this.#noteEnd(pod);
        void this.#live(pod);
      },
    });
    this.#pods.start();
  }

  async add(name: string, spec: object = {}, kubeletVersion = "v1.36.0"): Promise<void> {
    await this.#client.create(NODES, {
      ...{ apiVersion: "v1", kind: "Node" },
      metadata: { name, labels: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" } },
      spec,
    });
    await this.#client.patch(
      { type: NODES, name },
      {
        status: {
          allocatable: { cpu: "4", memory: "8Gi", pods: "100" },
          capacity: { cpu: "4", memory: "8Gi", pods: "100" },
          conditions: [heartbeat()],
          nodeInfo: {
            operatingSystem: "linux",
            architecture: "amd64",
            kubeletVersion,
            osImage: "hollow",
            containerRuntimeVersion: "containerd://2.1.0",
          },
        },
      },
      "status",
    );
    this.#names.add(name);
  }

  /** The node falls silent, and the node controller has noticed. */
  async lose(name: string): Promise<void> {
    this.dead.add(name);
    await this.#beating;
    const conditions = [{ type: "Ready", status: "Unknown", lastHeartbeatTime: "2026-01-01T00:00:00Z" }];
    await this.#client.patch({ type: NODES, name }, { status: { conditions } }, "status");
  }

  async stop(): Promise<void> {
    this.#hasStopped = true;
    clearInterval(this.#heart);
    await this.#beating;
    await this.#pods.stop();
  }

  /** A beat that does not arrive, because the API server is being restarted, is followed by the next one. */
  async #beat(): Promise<void> {
    for (const name of this.#names)
      if (!this.dead.has(name))
        try {
          await this.#client.patch(
            { type: NODES, name },
            { status: { conditions: [heartbeat()] } },
            "status",
          );
        } catch (error) {
          if (isGone(error)) this.#names.delete(name);
        }
  }

  /** Must not reject: no caller awaits it. */
  async #live(pod: Pod): Promise<void> {
    if (pod.node === "" || this.dead.has(pod.node)) return;
    const ref = { type: PODS, namespace: pod.namespace, name: pod.name };
    if (pod.ending)
      await this.#insist(() =>
        this.#client.delete(ref, { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } }),
      );
    else if (!this.#seen.has(pod.uid)) {
      this.#seen.add(pod.uid);
      this.started.push({ name: pod.label, node: pod.node });
      const { network } = this;
      if (pod.requests && network) await this.#insist(() => this.#attach(ref, network));
      const status = pod.task ? await this.#task(pod, pod.task) : RUNNING();
      const metadata = { uid: pod.uid };
      if (!status) return;
      let isUnanswered = false;
      const written = await this.#insist(
        () => this.#client.patch<ApiObject>(ref, { metadata, status }, "status"),
        () => {
          isUnanswered = true;
        },
      );
      if (pod.task && written)
        this.#noteAnswer(pod.task, pod.node, Number(written.metadata.resourceVersion), written.status);
      // Its pod is gone, so the answer was written and read, although the API server ended before it said so.
      else if (pod.task && isUnanswered) this.#noteAnswer(pod.task, pod.node, pod.revision, status);
    }
  }

  /** As a kubelet does: again and again while the API server does not answer, until the pod is gone. */
  async #insist<T>(act: () => Promise<T>, onUnanswered = () => {}): Promise<T | undefined> {
    while (!this.#hasStopped)
      try {
        return await act();
      } catch (error) {
        if (isGone(error)) return undefined;
        if (!(error instanceof ApiError)) onUnanswered();
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    return undefined;
  }

  #noteAnswer(kind: string, node: string, revision: number, status: unknown): void {
    const { containerStatuses } = status as {
      containerStatuses?: { state: { terminated?: { message: string } } }[];
    };
    const message = containerStatuses?.[0]?.state.terminated?.message ?? "";
    this.answers.push({ kind, node, revision, message });
  }

  #noteEnd({ uid, label: name, node, ending }: Pod): void {
    if (!ending || !this.#seen.has(uid) || this.#ending.has(uid)) return;
    this.#ending.add(uid);
    const others = this.#pods.values().filter((pod) => pod.node === node && pod.uid !== uid && pod.runs);
    this.ended.push({ name, node, next: others.filter((pod) => !pod.ending).map(({ label }) => label) });
  }

  #runsDaemon(node: string): boolean {
    return this.#pods.values().some((pod) => pod.node === node && pod.isDaemon && !pod.ending);
  }

  async #attach(ref: ObjectRef, network: string): Promise<void> {
    const status = JSON.stringify([{ name: network, interface: "net1" }]);
    await this.#client.patch(ref, {
      metadata: { annotations: { "k8s.v1.cni.cncf.io/network-status": status } },
    });
  }

  /** The status of its pod once it has ended; undefined if it never does. */
  async #task({ node, args }: Pod, kind: string): Promise<object | undefined> {
    const end = this.behave(kind, node);
    this.tasks.push({ kind, node });
    const running = (this.#running[kind] ?? 0) + 1;
    this.#running[kind] = running;
    this.mostAtOnce[kind] = Math.max(this.mostAtOnce[kind] ?? 0, running);
    do await new Promise((resolve) => setTimeout(resolve, this.taskMs));
    while (!this.#hasStopped && (this.mostAtOnce[kind] ?? 0) < (this.atOnce[kind] ?? 0));
    this.#running[kind] = (this.#running[kind] ?? 0) - 1;
    if (end === "hangs") return undefined;
    if (end === "dies")
      return { phase: "Failed", reason: "Evicted", message: "the node was low on resource: memory" };
    const problems = [{ path: "/etc/cni/net.d/00-multus.conf", reason: "read-only file system" }];
    const rejected = end === "refuses";
    if (kind === "plugins") this.#installPlugins(node, args, rejected);
    if (kind === "clean" && !rejected) this.plugins.delete(node);
    const answers: Record<string, object> = {
      clean: { ...reportOf(node), ...(rejected ? { problems } : {}) },
      release: { node: rejected ? "another" : node, at: new Date().toISOString(), ended: true, answered: 0 },
      plugins: {
        ...{ node, at: new Date().toISOString(), installed: [], updated: [], kept: [] },
        problems: rejected ? [{ path: "/opt/cni/bin/macvlan", reason: "the node's disk is full" }] : [],
      },
      inspect: {
        ...inspectionOf(node, this.#runsDaemon(node)),
        ...this.#installed(node),
        ...this.found.get(node),
        ...(rejected ? { node: "another" } : {}),
      },
    };
    const answer = answers[kind];
    const terminated = { exitCode: 0, reason: "Completed", message: JSON.stringify(answer) };
    const containerStatuses = [{ ...CONTAINER, name: kind, state: { terminated } }];
    return { phase: "Succeeded", containerStatuses };
  }

  #installPlugins(node: string, args: readonly string[], rejected: boolean): void {
    const given = (flag: string) => args[args.indexOf(flag) + 1] ?? "";
    const [image, plugins] = [given("--image"), given("--plugins").split(",")];
    this.pluginTasks.push({ node, plugins, image });
    if (rejected) return;
    const installed = new Set([...(this.plugins.get(node)?.installed ?? []), ...plugins]);
    this.plugins.set(node, { image, installed: [...installed].toSorted() });
  }

  #installed(node: string): Partial<NodeInspection> {
    const plugins = this.plugins.get(node);
    return plugins ? { plugins, binaries: plugins.installed.map((name) => ({ name })) } : {};
  }
}

/** There is no such object, or another one with its name. */
function isGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const isAnother = error.status === 409 && /\buid\b/i.test(error.message);
  return error.status === 404 || error.status === 422 || isAnother;
}

const heartbeat = () => ({ type: "Ready", status: "True", lastHeartbeatTime: new Date().toISOString() });

const CONTAINER = { image: "", imageID: "", ready: false, restartCount: 0 };
const RUNNING = () => ({
  phase: "Running",
  conditions: [
    { type: "Ready", status: "True", lastTransitionTime: new Date(Date.now() - 60_000).toISOString() },
  ],
});

function inspectionOf(node: string, runsDaemon: boolean): NodeInspection {
  const type = runsDaemon ? "multus-shim" : "multus";
  return {
    node,
    at: new Date().toISOString(),
    architecture: "amd64",
    confFiles: [
      { name: "00-multus.conf", networkName: "multus-cni-network", pluginTypes: [type] },
      { name: "10-calico.conflist", networkName: "k8s-pod-network", pluginTypes: ["calico"] },
    ],
    primary: { file: "10-calico.conflist", networkName: "k8s-pod-network" },
    binaries: [],
    interfaces: ["eth0"],
    multusFiles: [],
    leftovers: [],
    truncated: [],
  };
}

function reportOf(node: string): CleaningReport {
  return {
    node,
    at: new Date().toISOString(),
    removed: [],
    restored: [],
    kept: [],
    problems: [],
    truncated: [],
  };
}

function podOf(object: ApiObject): Pod {
  const { name, namespace = "", uid = "", deletionTimestamp, labels = {}, annotations } = object.metadata;
  const spec = object.spec as { nodeName?: string; containers?: { command?: string[]; args?: string[] }[] };
  const { nodeName = "" } = spec;
  return {
    name,
    namespace,
    uid,
    revision: Number(object.metadata.resourceVersion),
    node: nodeName,
    ending: deletionTimestamp !== undefined,
    task: labels[NODE_TASK],
    label: labels.name ?? "",
    isDaemon: spec.containers?.[0]?.command?.some((word) => word.endsWith("/multus-daemon")) ?? false,
    args: spec.containers?.[0]?.args ?? [],
    runs: (object.status as { phase?: string } | undefined)?.phase === "Running",
    requests: annotations?.["k8s.v1.cni.cncf.io/networks"] !== undefined,
  };
}
