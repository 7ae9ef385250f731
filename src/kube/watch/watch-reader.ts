import { StringDecoder } from "node:string_decoder";
import type { WatchEvent, WatchStream } from "../streams.ts";

/** Reads the lines of a watch in JSON. */
export class JsonWatchReader implements WatchStream {
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(onEvent: (event: WatchEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") this.#onEvent(JSON.parse(line) as WatchEvent);
  }
}
