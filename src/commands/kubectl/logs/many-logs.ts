import { printable } from "../../../display/text.ts";
import { Interrupted } from "../errors.ts";
import { remedy } from "../failure.ts";

export interface ManyLogs {
  nodes: readonly string[];
  /** How many are read at the same time. */
  atOnce: number;
  /** Whether text is passed on as it comes; else that of a node follows that of the node before it. */
  isLive: boolean;
  read: (node: string, write: (text: string) => void) => Promise<void>;
  print: (text: string) => void;
  printError: (line: string) => void;
}

/** Reads the logs of several nodes. One that fails does not stop the others; false if one did. Throws Interrupted after Ctrl-C. */
export async function readManyLogs(logs: ManyLogs): Promise<boolean> {
  const { nodes, atOnce, isLive, read, print, printError } = logs;
  const turns = new Turns(print);
  const waiting = nodes.map((node) => ({ node, print: isLive ? print : turns.next() }));
  let isComplete = true;
  let isInterrupted = false;
  const work = async () => {
    for (let job = waiting.shift(); job && !isInterrupted; job = waiting.shift()) {
      const { node, print: write } = job;
      try {
        await read(node, write);
      } catch (error) {
        if (error instanceof Interrupted) isInterrupted = true;
        else {
          isComplete = false;
          printError(`error: ${node}: ${printable(remedy(error))}`);
        }
      } finally {
        if (!isLive) turns.end(write);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, nodes.length) }, work));
  if (isInterrupted) throw new Interrupted();
  return isComplete;
}

/** Keeps the text of each writer until those before it have ended. */
class Turns {
  readonly #print: (text: string) => void;
  readonly #queue: { write: (text: string) => void; texts: string[]; hasEnded: boolean }[] = [];

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  next(): (text: string) => void {
    const texts: string[] = [];
    const write = (text: string) => {
      texts.push(text);
      this.#flush();
    };
    this.#queue.push({ write, texts, hasEnded: false });
    return write;
  }

  end(write: (text: string) => void): void {
    const entry = this.#queue.find((one) => one.write === write);
    if (entry) entry.hasEnded = true;
    this.#flush();
  }

  #flush(): void {
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      for (const text of first.texts.splice(0)) this.#print(text);
      if (!first.hasEnded) return;
      this.#queue.shift();
    }
  }
}
