import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../../src/crds/network-attachment-report/report.ts";
import { ApiError, NetworkError } from "../../../src/kube/errors.ts";
import { type ApiObject, NODES, PODS } from "../../../src/kube/resource.ts";
import { peakMemory, removeCgroup } from "../../cluster/cgroups.ts";
import type { ControlPlane } from "../../cluster/control-plane.ts";
import { Daemon, waitUntil } from "../../cluster/daemon.ts";
import { World } from "../../integration/networks/world.ts";
import { progress } from "../budgets.ts";
import type { InformerMode } from "../informer.ts";
import { nadConfig, PodCopies } from "../pod-copies.ts";
import { cpuSecondsOf, type Memory, memoryOf, quantile, settledMemory } from "../process-figures.ts";
import { rawList } from "./raw-list.ts";
import { SeenReports } from "./reports.ts";
import { chartLimit, type ProgramOptions, startOperator } from "./shipped.ts";

const VARIATION = { nads: 50, nodes: 500 };
const NODES_AT_ONCE = 10;
const MIB = 1024 * 1024;
const CHANGES_PER_SECOND = 250;
const LOAD_SECONDS = 30;
const SINGLE_CHANGES = 12;
const TIMEOUT_MS = 300_000;
/** A pod that is changed to be seen in its report. */
const MARKED = 7;

export interface Load {
  medianMs: number;
  p99Ms: number;
  worstMs: number;
  changes: number;
  /** Cores that the operator used. */
  cores: number;
  /** Changes that were written each second. */
  rate: number;
}

export interface InformerFigures {
  mode: InformerMode;
  memory: Memory;
  syncMs: number;
  /** Cores used under the changes that change nothing that is kept. */
  cores: number;
}

export interface SizeFigures {
  pods: number;
  memory: Memory;
  /** Of all reports after a start; the LIST before and after it, in pages of 500, thrown away. */
  startMs: number;
  listJsonMs: number;
  listProtobufMs: number;
  single?: { medianMs: number; worstMs: number };
  /** Changes of what is not kept, and of which pods there are. */
  heartbeats?: Load;
  replacements?: Load;
  informers: InformerFigures[];
}

export interface Soaked {
  reports: number;
  wrongReports: number;
  /** Changes of the marked pod that its report showed, and those that it did not. */
  marks: number;
  missed: number;
  rate: number;
}

export interface Limited {
  pods: number;
  limitMiB: number;
  survived: boolean;
  peakMiB: number | undefined;
  startMs: number | undefined;
  load?: Load;
}

const round = (value: number) => Math.round(value);

/** One cluster that grows from size to size, and what runs against it at each. */
export class Scale {
  readonly #plane: ControlPlane;
  readonly #informer: string | undefined;
  readonly #world: World;
  readonly #copies: PodCopies;
  readonly #reports: SeenReports;
  #size = 0;
  #nodes = 0;
  /** The pods have the numbers from the one up to the other, and that of the marked one. */
  #first = 0;
  #next = 0;
  #beat = 0;
  #port = 20_000 + (process.pid % 10_000);

  private constructor(plane: ControlPlane, informer: string | undefined, world: World, copies: PodCopies) {
    this.#plane = plane;
    this.#informer = informer;
    this.#world = world;
    this.#copies = copies;
    this.#reports = new SeenReports(world.client);
  }

  static async start(
    plane: ControlPlane,
    informer: string | undefined,
    nodes = VARIATION.nodes,
  ): Promise<Scale> {
    const world = new World(plane.kubeconfig);
    await world.installOwnDefinitions();
    await world.installNetworkDefinition();
    for (let nad = 0; nad < VARIATION.nads; nad++) {
      const suffix = String(nad).padStart(2, "0");
      await world.namespace(`apps-${suffix}`);
      await world.nad(`net-${suffix}`, nadConfig(nad), { namespace: `apps-${suffix}` });
    }
    const scale = new Scale(plane, informer, world, await PodCopies.start(world, plane.etcd, VARIATION));
    await scale.haveNodes(nodes);
    await scale.#reports.start();
    progress(`the cluster has ${VARIATION.nads} NADs and ${nodes} nodes`);
    return scale;
  }

  /** Creates the nodes that are missing; the pods run on the first 500. */
  async haveNodes(count: number): Promise<void> {
    const work = async () => {
      while (this.#nodes < count) {
        const name = `node-${String(this.#nodes++).padStart(3, "0")}`;
        await this.#world.client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name } });
      }
    };
    await Promise.all(Array.from({ length: NODES_AT_ONCE }, work));
  }

  /** Of a pod as JSON. */
  get podBytes(): number {
    return this.#copies.jsonBytes;
  }

  async stop(): Promise<void> {
    await this.#reports.stop();
    await this.#world.connection.close();
  }

  /** @param options.startOnly the start and the memory after it, no changes */
  async measure(
    size: number,
    { modes, startOnly = false }: { modes: readonly InformerMode[]; startOnly?: boolean },
  ): Promise<SizeFigures> {
    await this.#fill(size);
    const informers: InformerFigures[] = [];
    for (const mode of this.#informer === undefined || size === 0 ? [] : modes)
      informers.push(await this.#measureInformer(mode, startOnly));
    await this.#removeReports();
    const lists = [await this.#list("json")];
    const { operator, startMs } = await this.#startOperator("operator");
    try {
      const memory = await settledMemory(operator.pid);
      progress(`${size} pods: ${JSON.stringify(memory)}, all reports after ${round(startMs)} ms`);
      lists.push(await this.#list("json"));
      const listProtobufMs = await this.#list("protobuf");
      const figures: SizeFigures = {
        ...{ pods: size, memory, startMs, listProtobufMs, informers },
        listJsonMs: lists.reduce((sum, ms) => sum + ms, 0) / lists.length,
      };
      if (size === 0 || startOnly) return figures;
      const single = await this.#changes(SINGLE_CHANGES, 1000);
      figures.single = { medianMs: quantile(single, 0.5), worstMs: Math.max(...single) };
      progress(`${size} pods: one change ${JSON.stringify(figures.single)}`);
      figures.heartbeats = await this.#underLoad(operator, (count) => this.#heartbeat(count));
      progress(`${size} pods: heartbeats ${JSON.stringify(figures.heartbeats)}`);
      figures.replacements = await this.#underLoad(operator, (count) => this.#replacement(count));
      progress(`${size} pods: replacements ${JSON.stringify(figures.replacements)}`);
      figures.memory.peak = memoryOf(operator.pid).peak;
      return figures;
    } finally {
      await operator.stop();
    }
  }

  /** What `act` finds in an operator that has just started, and whose reports are all right. */
  async withOperator<T>(
    size: number,
    options: ProgramOptions,
    act: (operator: Daemon) => Promise<T>,
  ): Promise<T> {
    await this.#fill(size);
    await this.#removeReports();
    const { operator } = await this.#startOperator("operator", options);
    try {
      return await act(operator);
    } finally {
      await operator.stop();
    }
  }

  /**
   * Changes for so long, while `tick` is called again and again; then all reports are compared with what the pods are. A
   * change of the marked pod that its report does not show in time is missed.
   */
  async soak(
    pods: number,
    options: { ms: number; rate: number; tick: (pid: number) => Promise<void> },
  ): Promise<Soaked> {
    await this.#fill(pods);
    const { operator } = await this.#startOperator("soak");
    try {
      const until = performance.now() + options.ms;
      let calls = 0;
      const change = (count: number) =>
        ++calls % 5 === 0 ? this.#replacement(count) : this.#heartbeat(count);
      let marks = 0;
      const [{ rate }, , missed] = await Promise.all([
        this.#load(operator, change, options.ms, options.rate),
        (async () => {
          while (performance.now() < until) await options.tick(operator.pid);
        })(),
        (async () => {
          let notShown = 0;
          while (performance.now() < until)
            try {
              marks += (await this.#changes(2, 2500)).length;
            } catch (error) {
              // The API server restarts: the change itself may not have been made.
              if (error instanceof ApiError || error instanceof NetworkError) await sleep(1000);
              else notShown++;
            }
          return notShown;
        })(),
      ]);
      await this.#copies.write([MARKED]); // whatever its last change was
      const wrongReports = await this.#wrongReports();
      return { reports: VARIATION.nads, wrongReports, marks, missed, rate };
    } finally {
      await operator.stop();
    }
  }

  /** How many reports do not show as many attached pods as there are, half a minute after the last change. */
  async #wrongReports(): Promise<number> {
    const expected = new Map<string, number>();
    for (const n of [MARKED, ...range(this.#first, this.#next).filter((each) => each !== MARKED)]) {
      const { namespace, network } = this.#copies.placeOf(n);
      const key = `${namespace}/${network}`;
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
    const wrong = (reports: ReadonlyMap<string, ReportStatus>) =>
      [...expected].filter(([key, count]) => reports.get(key)?.pods?.attached !== count).length;
    try {
      await this.#reports.when((reports) => wrong(reports) === 0, 30_000, "all reports to be right");
    } catch {
      // How many are wrong is the result.
      await this.#explainWrong(expected);
    }
    return wrong(this.#reports.all);
  }

  /** Prints what was expected of each wrong report, what the API server has of its pods, and what the report shows. */
  async #explainWrong(expected: ReadonlyMap<string, number>): Promise<void> {
    for (const [key, count] of expected) {
      const shown = this.#reports.all.get(key)?.pods;
      if (shown?.attached === count) continue;
      const [namespace = "", name = ""] = key.split("/");
      const pods = await this.#world.client.list(PODS, { namespace });
      const report = await this.#world.client.get<ApiObject & { status?: ReportStatus }>({
        type: NETWORK_ATTACHMENT_REPORT,
        namespace,
        name,
      });
      progress(
        `${key}: ${count} pods expected, ${pods.items.length} listed; the report has ${JSON.stringify(report?.status?.pods)}, seen was ${JSON.stringify(shown)}`,
      );
    }
  }

  /** Whether the operator starts and follows 250 changes a second in a cgroup with the chart's limit. */
  async withinLimit(pods: number): Promise<Limited> {
    await this.#fill(pods);
    await this.#removeReports();
    const name = `multus-operator-scale-${process.pid}`;
    const limit = chartLimit();
    let operator: Daemon | undefined;
    const limited: Limited = {
      ...{ pods, limitMiB: limit / MIB, survived: false, peakMiB: undefined, startMs: undefined },
    };
    try {
      const started = await this.#startOperator(name, { limit });
      operator = started.operator;
      limited.startMs = started.startMs;
      limited.load = await this.#underLoad(operator, (count) => this.#heartbeat(count));
      limited.survived = operator.ended === undefined;
    } catch (error) {
      progress(`${pods} pods in ${limit / MIB} MiB: ${String(error)}`);
    } finally {
      const peak = peakMemory(name);
      if (peak !== undefined) limited.peakMiB = peak / MIB;
      await operator?.stop();
      await removeCgroup(name);
    }
    return limited;
  }

  async #fill(size: number): Promise<void> {
    const started = performance.now();
    const step = 1024;
    const end = this.#next + size - this.#size;
    for (let from = this.#next; from < end; from += 4 * step) {
      const parts = [0, 1, 2, 3].map((part) =>
        range(from + part * step, Math.min(end, from + (part + 1) * step)),
      );
      await Promise.all(parts.map((numbers) => this.#copies.fill(numbers)));
      progress(`${from} of ${end} pods written`);
    }
    if (size > this.#size)
      progress(
        `${size} pods of ${this.podBytes} bytes after ${round((performance.now() - started) / 1000)} s`,
      );
    this.#size = size;
    this.#next = end;
    // The API server's own copy has to be complete.
    await waitUntil("the API server to have all pods", async () => (await rawCount(this.#world)) === size);
  }

  /** Without reports, a start ends when all were written. */
  async #removeReports(): Promise<void> {
    for (let nad = 0; nad < VARIATION.nads; nad++)
      await this.#world.client.json({
        method: "DELETE",
        path: `/apis/${NETWORK_ATTACHMENT_REPORT.group}/${NETWORK_ATTACHMENT_REPORT.version}/namespaces/apps-${String(nad).padStart(2, "0")}/${NETWORK_ATTACHMENT_REPORT.plural}`,
      });
    await this.#reports.when((reports) => reports.size === 0, TIMEOUT_MS, "the reports to be gone");
  }

  async #startOperator(
    name: string,
    options: ProgramOptions = {},
  ): Promise<{ operator: Daemon; startMs: number }> {
    const started = performance.now();
    const operator = await startOperator(this.#plane, name, { port: this.#port++, ...options });
    const size = this.#size;
    const all = this.#reports.when(
      (reports) => {
        const counts = [...reports.values()].map(({ pods }) => pods);
        const sum = counts.reduce((total, pods) => total + (pods?.attached ?? 0), 0);
        return reports.size === VARIATION.nads && sum === size && counts.every((pods) => pods !== undefined);
      },
      TIMEOUT_MS,
      "all reports to be right",
    );
    const ended = (async () => {
      while (operator.ended === undefined) await sleep(200);
      throw new Error(`the operator ended (${operator.ended}): ${operator.logTail(3)}`);
    })();
    try {
      const at = await Promise.race([all, ended]);
      return { operator, startMs: at - started };
    } catch (error) {
      await operator.stop();
      throw error;
    } finally {
      void ended.catch(() => {});
      void all.catch(() => {});
    }
  }

  async #list(encoding: "json" | "protobuf"): Promise<number> {
    const { ms, items, bytes } = await rawList(this.#world, encoding);
    progress(`LIST of ${items} pods, ${encoding}: ${round(ms)} ms, ${round(bytes / MIB)} MiB`);
    return ms;
  }

  async #measureInformer(mode: InformerMode, startOnly: boolean): Promise<InformerFigures> {
    const logFile = join(this.#plane.directory, `informer-${mode}-${this.#size}.log`);
    const informer = Daemon.start({
      name: `informer-${mode}`,
      command: this.#informer as string,
      args: ["-mode", mode, "-kubeconfig", this.#plane.kubeconfig],
      logFile,
    });
    try {
      const synced = () => /^synced (\d+) (\d+)$/m.exec(informer.logTail(5));
      await waitUntil(`client-go (${mode}) to be synced`, () => synced() !== null, {
        check: () => informer.assertRunning(),
      });
      const memory = await settledMemory(informer.pid);
      const { cores } = startOnly
        ? { cores: Number.NaN }
        : await this.#load(informer, (count) => this.#heartbeat(count), 15_000);
      const figures: InformerFigures = { mode, memory, syncMs: Number(synced()?.[1]), cores };
      progress(`${this.#size} pods: client-go ${JSON.stringify(figures)}`);
      return figures;
    } finally {
      await informer.stop();
    }
  }

  /** Takes the marked pod's network away and gives it back, and returns after how many ms its report shows each. */
  async #changes(count: number, pauseMs: number, until = Number.POSITIVE_INFINITY): Promise<number[]> {
    const { namespace, name, network } = this.#copies.placeOf(MARKED);
    const key = `${namespace}/${network}`;
    const took: number[] = [];
    for (let n = 0; n < count && performance.now() < until; n++) {
      const taken = n % 2 === 0;
      const seen = this.#reports.when(
        (reports) => (reports.get(key)?.pods?.partial === 1) === taken,
        TIMEOUT_MS,
        `the change of ${name}`,
      );
      void seen.catch(() => {}); // if the change itself fails
      const begun = performance.now();
      if (taken) await this.#world.reportStatus(name, [], namespace);
      else await this.#copies.write([MARKED]);
      took.push((await seen) - begun);
      await sleep(pauseMs);
    }
    // Whatever the last one was.
    await this.#copies.write([MARKED]);
    await this.#reports.when(
      (reports) => reports.get(key)?.pods?.partial === 0,
      TIMEOUT_MS,
      `${name} to be as before`,
    );
    return took;
  }

  async #underLoad(operator: Daemon, change: (count: number) => Promise<void>): Promise<Load> {
    const until = performance.now() + LOAD_SECONDS * 1000;
    const [{ cores, rate }, took] = await Promise.all([
      this.#load(operator, change, LOAD_SECONDS * 1000),
      sleep(2000).then(() => this.#changes(1000, 100, until)),
    ]);
    return {
      medianMs: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      worstMs: Math.max(...took),
      changes: took.length,
      cores,
      rate,
    };
  }

  /** 250 changes a second, or as many as asked for, for so long, and the cores that the process used meanwhile. */
  async #load(
    { pid }: Daemon,
    change: (count: number) => Promise<void>,
    ms: number,
    changesPerSecond = CHANGES_PER_SECOND,
  ): Promise<{ cores: number; rate: number }> {
    const begun = performance.now();
    const cpu = cpuSecondsOf(pid);
    let written = 0;
    while (performance.now() - begun < ms) {
      const due = Math.floor(((performance.now() - begun) / 1000) * changesPerSecond) - written;
      if (due > 0) {
        const count = Math.min(due, 50);
        await change(count);
        written += count;
      }
      await sleep(20);
    }
    const seconds = (performance.now() - begun) / 1000;
    return { cores: (cpuSecondsOf(pid) - cpu) / seconds, rate: written / seconds };
  }

  /** What most changes of pods are: a label that the operator does not read. */
  async #heartbeat(count: number): Promise<void> {
    this.#beat++;
    const numbers = Array.from({ length: count }, () => this.#others());
    await this.#copies.write([...new Set(numbers)], { beat: this.#beat });
  }

  /** Half of the changes delete a pod, half make one. */
  async #replacement(count: number): Promise<void> {
    const pairs = Math.ceil(count / 2);
    const gone = range(this.#first, this.#first + pairs).filter((n) => n !== MARKED);
    await this.#copies.replace(gone, range(this.#next, this.#next + gone.length));
    this.#first += pairs;
    this.#next += gone.length;
  }

  /** A pod that there is, but for the marked one. */
  #others(): number {
    const n = this.#first + Math.floor(Math.random() * (this.#next - this.#first));
    return n === MARKED ? n + 1 : n;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}

async function rawCount(world: World): Promise<number> {
  const { metadata } = await world.client.json<{
    metadata: { remainingItemCount?: number; continue?: string };
  }>({
    method: "GET",
    path: "/api/v1/pods",
    query: { limit: "1" },
  });
  return metadata.remainingItemCount === undefined ? 0 : metadata.remainingItemCount + 1;
}
