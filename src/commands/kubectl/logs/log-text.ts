import { StringDecoder } from "node:string_decoder";
import { printable } from "../../../display/text.ts";

/** Multus begins a line with its time (pkg/logging: time.RFC3339). */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s/;
/** A line without an end is not kept back beyond this. */
const MAX_LINE = 1 << 16;

/**
 * Turns a log's bytes into text that a terminal can show: plugins and pods write into the log, and tenants are behind
 * them. What is piped reaches a terminal too, so there is no exception.
 */
export class LogText {
  readonly #decoder = new StringDecoder("utf8");
  readonly #since: number;
  readonly #prefix: string;
  /** Whether the next text begins a line: a line without an end may come in parts. */
  #beginsLine = true;
  #rest = "";
  /** Whether the lines that begin without a time belong to one that is shown. */
  #shown: boolean;

  /**
   * @param since ms since 1970: older lines are left out
   * @param prefix that each line gets
   */
  constructor({ since, prefix = "" }: { since?: number; prefix?: string } = {}) {
    this.#since = since ?? Number.NEGATIVE_INFINITY;
    this.#prefix = prefix;
    this.#shown = since === undefined;
  }

  /** The text of the lines that are complete with this chunk. */
  add(chunk: Buffer): string {
    this.#rest += this.#decoder.write(chunk);
    const end = this.#rest.length > MAX_LINE ? this.#rest.length : this.#rest.lastIndexOf("\n") + 1;
    const complete = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return this.#select(complete);
  }

  /** The last line, if it has no end; with a prefix it gets one, since another log may follow. */
  end(): string {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    const text = this.#select(rest);
    const isOpen = this.#prefix !== "" && !this.#beginsLine;
    this.#beginsLine = true;
    return isOpen ? `${text}\n` : text;
  }

  #select(text: string): string {
    if (text === "") return "";
    return text
      .split(/(?<=\n)/)
      .filter((line) => this.#isRecent(line))
      .map((line) => this.#prefixed(printable(line)))
      .join("");
  }

  #prefixed(line: string): string {
    const begins = this.#beginsLine;
    this.#beginsLine = line.endsWith("\n");
    return begins ? `${this.#prefix}${line}` : line;
  }

  #isRecent(line: string): boolean {
    if (this.#since === Number.NEGATIVE_INFINITY) return true;
    const time = TIME.exec(line)?.[1];
    if (time !== undefined) this.#shown = Date.parse(time) >= this.#since;
    return this.#shown;
  }
}
