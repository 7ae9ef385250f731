import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface DaemonOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** Standard output and error go here; an error message quotes the end of it. */
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /**
   * How long the process may take to end after SIGTERM before SIGKILL, in ms. The test cluster holds
   * nothing that is worth waiting for.
   */
  graceMs?: number;
}

/**
 * Starts "$@" if the parent is still process $0. The kernel's death signal is asked for first, so a parent
 * that dies after this look takes the child with it, and one that died before it is seen here.
 */
const UNLESS_ORPHANED = 'test "$PPID" = "$0" && exec "$@"';

/** A long-running child that dies with this process, even when this process is killed by SIGKILL (prctl(2), PDEATHSIG). */
export class Daemon {
  readonly name: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #options: DaemonOptions;
  #ended: string | undefined;

  static start(options: DaemonOptions): Daemon {
    return new Daemon(options);
  }

  private constructor(options: DaemonOptions) {
    const log = openSync(options.logFile, "a");
    try {
      const guarded = ["sh", "-c", UNLESS_ORPHANED, String(process.pid), options.command, ...options.args];
      this.#child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...guarded], {
        stdio: ["ignore", log, log],
        env: options.env ?? process.env,
        cwd: options.cwd,
      });
    } finally {
      closeSync(log);
    }
    this.#child.on("error", (error) => {
      this.#ended ??= error.message;
    });
    this.#child.on("exit", (code, signal) => {
      this.#ended ??= signal ?? `exit code ${code}`;
    });
    if (this.#child.pid === undefined)
      throw new Error(`${options.name} could not be started: is setpriv (util-linux) installed?`);
    this.name = options.name;
    this.pid = this.#child.pid;
    this.#options = options;
  }

  /** How it ended, or undefined while it runs. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Throws, with the end of its log, if it has ended. */
  assertRunning(): void {
    if (this.#ended === undefined) return;
    throw new Error(`${this.name} ended (${this.#ended}): ${this.logTail(1)}\n${this.logTail()}`);
  }

  logTail(lines = 20): string {
    return readFileSync(this.#options.logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#child.kill("SIGTERM");
    const deadline = Date.now() + (this.#options.graceMs ?? 3000);
    while (this.#ended === undefined && Date.now() < deadline) await sleep(20);
    await this.kill();
  }

  /** SIGSTOP: the process answers nothing and its connections stay open, as on a machine that hangs. */
  suspend(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    if (this.#ended === undefined) this.#child.kill("SIGKILL");
    while (this.#ended === undefined) await sleep(10);
  }
}

/**
 * Waits until `count` has been the same for `quietMs`: what was begun before comes to its end later on a busy machine. What
 * never rests never gets here.
 */
export async function untilQuiet(what: string, count: () => number, quietMs = 1500): Promise<void> {
  let last = Number.NaN;
  await waitUntil(
    `${what} to rest for ${quietMs} ms`,
    () => {
      const before = last;
      last = count();
      return last === before;
    },
    { everyMs: quietMs },
  );
}

/** The longest pause (ms) that a slow question makes longer than `everyMs`. */
const MAX_PAUSE = 250;
/**
 * Where a test does not say how often: at once in the beginning, and the longer it waits the less often, so that what takes
 * long is not asked for a thousand times. What comes is noticed an eighth later than it came, and 0.3 s at most.
 */
const FIRST_PAUSE = 50;
const LAST_PAUSE = 300;
const SHARE_OF_WAITING = 1 / 8;

/**
 * Asks `ready` again and again until it answers true. Throws after `timeoutMs`, or at once when `check` throws.
 * @param everyMs for what is there for a moment only; if not given, the pause grows with the time that is waited
 */
export async function waitUntil(
  what: string,
  ready: () => Promise<boolean> | boolean,
  {
    timeoutMs = 120_000,
    everyMs,
    check = () => {},
  }: { timeoutMs?: number; everyMs?: number; check?: () => void } = {},
): Promise<void> {
  const started = Date.now();
  let last: unknown;
  for (;;) {
    check();
    const asked = Date.now();
    try {
      if (await ready()) return;
    } catch (error) {
      last = error;
    }
    const now = Date.now();
    if (now > started + timeoutMs) {
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}`, { cause: last });
    }
    const pause = everyMs ?? Math.min(Math.max((now - started) * SHARE_OF_WAITING, FIRST_PAUSE), LAST_PAUSE);
    // A question that starts a process, asked without a pause, takes from others what they are waited for.
    await sleep(Math.max(pause, Math.min(now - asked, MAX_PAUSE)));
  }
}
