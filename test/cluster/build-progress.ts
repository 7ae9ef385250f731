const HEARTBEAT_MS = 15_000;

/**
 * The one line that shows how far the build of all missing programs is. A terminal sees it change; a log gets it for each
 * program, and every 15 s while one takes longer.
 */
export class BuildProgress {
  readonly #total: number;
  readonly #write: (text: string) => void;
  readonly #terminal: boolean;
  readonly #start = Date.now();
  #built = 0;
  #now = "";
  #timer: NodeJS.Timeout | undefined;

  /** @param total how many programs are to be built, of all families */
  constructor(total: number, output: { write(text: string): unknown; isTTY?: boolean } = process.stderr) {
    this.#total = total;
    this.#write = (text) => output.write(text);
    this.#terminal = output.isTTY === true;
  }

  /** @param activity "building kubelet", or what is waited for */
  begin(activity: string): void {
    this.#now = activity;
    this.#show();
    this.#timer ??= setInterval(() => this.#show(), this.#terminal ? 1000 : HEARTBEAT_MS);
  }

  /** @param programs how many more are there now */
  advance(programs: number): void {
    this.#built += programs;
  }

  /** The last line: all are built, or building has failed. */
  end(): void {
    clearInterval(this.#timer);
    this.#now = this.#built === this.#total ? "done" : `failed while ${this.#now}`;
    this.#show();
    if (this.#terminal) this.#write("\n");
  }

  #show(): void {
    const seconds = Math.round((Date.now() - this.#start) / 1000);
    const line = `tools: ${this.#built} of ${this.#total} programs built, ${this.#now} (${seconds} s)`;
    this.#write(this.#terminal ? `\r\u001b[K${line}` : `${line}\n`);
  }
}
