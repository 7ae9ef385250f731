import type { ApiObject } from "../resource.ts";
import type { WatchEvent, WatchStream } from "../streams.ts";
import { statusObject, unwrapped } from "./envelope.ts";
import { MessageReader } from "./message.ts";

/** The length in front of each frame (k8s.io/apimachinery/pkg/util/framer). */
const LENGTH_BYTES = 4;
/** An object of etcd has at most 1.5 MiB. */
const MAX_FRAME = 64 * 1024 * 1024;

/** Reads the frames of a watch in protobuf. Throws a SyntaxError if they are not events. */
export class ProtobufWatchReader implements WatchStream {
  readonly #decode: (object: Buffer) => ApiObject | undefined;
  readonly #onEvent: (event: WatchEvent) => void;
  #parts: Buffer[] = [];
  #have = 0;
  #need = LENGTH_BYTES;

  /** @param decode undefined for an object that is to be ignored */
  constructor(decode: (object: Buffer) => ApiObject | undefined, onEvent: (event: WatchEvent) => void) {
    this.#decode = decode;
    this.#onEvent = onEvent;
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    let at = 0;
    for (;;) {
      this.#need = LENGTH_BYTES;
      if (bytes.length - at < LENGTH_BYTES) break;
      const length = bytes.readUInt32BE(at);
      if (length > MAX_FRAME) throw new SyntaxError(`a frame of ${length} bytes`);
      this.#need = LENGTH_BYTES + length;
      if (bytes.length - at < this.#need) break;
      this.#event(bytes.subarray(at + LENGTH_BYTES, at + this.#need));
      at += this.#need;
    }
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#have = bytes.length - at;
  }

  /** A metav1.WatchEvent, whose object is in an envelope of its own. */
  #event(frame: Buffer): void {
    let type = "";
    let object: Buffer | undefined;
    const event = new MessageReader(frame);
    while (event.next()) {
      if (event.field === 1) type = event.text();
      else if (event.field === 2) {
        const extension = event.message();
        while (extension.next()) if (extension.field === 1) object = extension.bytes();
      }
    }
    if (!object) throw new SyntaxError("an event without an object");
    const raw = unwrapped(object);
    const decoded = type === "ERROR" ? statusObject(raw) : this.#decode(raw);
    if (decoded) this.#onEvent({ type, object: decoded as unknown as ApiObject } as WatchEvent);
  }
}
