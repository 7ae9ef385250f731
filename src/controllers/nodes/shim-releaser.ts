import { decodeMessage } from "../../node/message.ts";
import { releaseReport } from "../../node/release-shims.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { DaemonPod, TaskOwner } from "../shared/node-tasks.ts";
import type { NodeTask } from "./task-pod.ts";

/** How many nodes at a time: where v3 follows, the daemons of all nodes end together. */
const AT_ONCE = 50;
/** The shim itself waits no longer (APIReadyPollTimeout of Multus), ms. */
const WORTH_WHILE_MS = 55_000;

/**
 * If a daemon ends and none follows, has the shims released that wait for it (src/node/release-shims.ts).
 * What it knows of daemons is lost when the program ends; a shim then waits its minute.
 */
export class ShimReleaser {
  readonly #run: (task: NodeTask, owner: TaskOwner) => Promise<{ message: string }>;
  readonly #log: Logger;
  readonly #isReachable: (node: string) => boolean;
  readonly #now: () => number;
  /** Nodes by the uid of the daemon that was seen there. */
  readonly #running = new Map<string, string>();
  readonly #released = new Set<string>();
  readonly #queue: { node: string; owner: TaskOwner; since: number }[] = [];
  #underWay = 0;

  constructor(options: {
    run: (task: NodeTask, owner: TaskOwner) => Promise<{ message: string }>;
    log: Logger;
    isReachable: (node: string) => boolean;
    now?: () => number;
  }) {
    this.#run = options.run;
    this.#log = options.log;
    this.#isReachable = options.isReachable;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * To be called with the daemons that there are whenever that may have changed.
   * @param daemonFollows whether each gets a successor that its shims may wait for
   */
  step(owner: TaskOwner, daemons: readonly DaemonPod[], daemonFollows: boolean): void {
    const ending = new Map(daemons.filter((d) => d.terminating).map(({ uid, node }) => [uid, node]));
    const present = new Set(daemons.map(({ uid }) => uid));
    for (const [uid, node] of this.#running) if (!present.has(uid)) ending.set(uid, node);
    for (const { uid, node, terminating } of daemons)
      if (!terminating && node !== "") this.#running.set(uid, node);
    for (const uid of this.#released) if (!present.has(uid)) this.#released.delete(uid);
    for (const [uid, node] of ending) {
      this.#running.delete(uid);
      if (this.#released.has(uid) || node === "") continue;
      if (present.has(uid)) this.#released.add(uid);
      if (!daemonFollows) this.#queue.push({ node, owner, since: this.#now() });
    }
    this.#next();
  }

  /** The install is deleted: its daemons end, and the next install's do not follow them. */
  forget(): void {
    this.#running.clear();
    this.#released.clear();
    this.#queue.length = 0;
  }

  #next(): void {
    while (this.#underWay < AT_ONCE) {
      const next = this.#queue.shift();
      if (!next) return;
      if (this.#now() - next.since > WORTH_WHILE_MS || !this.#isReachable(next.node)) continue;
      this.#underWay++;
      void this.#release(next.node, next.owner).finally(() => {
        this.#underWay--;
        this.#next();
      });
    }
  }

  async #release(node: string, owner: TaskOwner): Promise<void> {
    try {
      const { message } = await this.#run({ kind: "release", node }, owner);
      const report = releaseReport.parse(decodeMessage(message));
      this.#log.info({ node, report }, "shims of the daemon that ended are released");
    } catch (err) {
      this.#log.warn({ err, node }, "shims that wait for the daemon that ended could not be released");
    }
  }
}
