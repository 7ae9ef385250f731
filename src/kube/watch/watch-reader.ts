import { StringDecoder } from "node:string_decoder";
import type { ApiObject } from "../resource.ts";

/** One event of a watch. That of type ERROR has a metav1.Status for its object. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: ApiObject;
}

/** Reads a watch as it comes in. */
export interface WatchStream {
  /** May throw what the receiver of events throws, and a SyntaxError. */
  push(chunk: Buffer): void;
}

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
