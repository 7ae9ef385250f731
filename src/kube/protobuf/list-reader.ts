import type { ListMetadata, ListStream } from "../streams.ts";
import { listMetadata, MAGIC, RAW } from "./envelope.ts";
import { MessageReader } from "./message.ts";

/** Fields of a list of any kind, after metav1.ListMeta. */
const [METADATA, ITEMS] = [1, 2];
/** The wire type of messages. */
const LENGTH_DELIMITED = 2;
/** A tag and a length have at most this many bytes each. */
const MAX_HEAD = 20;

/** Reads a list in protobuf as it comes in, one item at a time. Throws a SyntaxError if it is not a list. */
export class ProtobufListReader implements ListStream {
  readonly #onItem: (item: Buffer) => void;
  /** What has come in and is not read yet. */
  #parts: Buffer[] = [];
  #have = 0;
  /** Bytes that are needed to go on. */
  #need = MAGIC.length;
  #started = false;
  /** Bytes of the list that are left; undefined outside of it. */
  #left: number | undefined;
  metadata: ListMetadata | undefined;
  bytes = 0;

  constructor(onItem: (item: Buffer) => void) {
    this.#onItem = onItem;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#parts.push(chunk);
    this.#have += chunk.length;
    if (this.#have < this.#need) return;
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const at = this.#read(bytes);
    this.#parts = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#have = bytes.length - at;
  }

  end(): ListMetadata {
    if (this.#have > 0 || this.#left || !this.metadata) throw new SyntaxError("the list is cut off");
    return this.metadata;
  }

  /** Reads whole fields. Returns where the first one begins that is not whole, whose bytes `#need` then has. */
  #read(bytes: Buffer): number {
    let at = this.#started ? 0 : this.#start(bytes);
    for (;;) {
      const head = headOf(bytes, at);
      if (!head) {
        this.#need = bytes.length - at + 1;
        return at;
      }
      if (this.#left === undefined && head.field === RAW) {
        this.#enter(head.length);
        at = head.end;
        continue;
      }
      const end = head.end + head.length;
      if (end > bytes.length) {
        this.#need = end - at;
        return at;
      }
      if (this.#left !== undefined) {
        this.#take(head.field, bytes, head.end, end);
        this.#enter(this.#left - (end - at));
      }
      at = end;
    }
  }

  #start(bytes: Buffer): number {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new SyntaxError("not a list of Kubernetes");
    this.#started = true;
    return MAGIC.length;
  }

  /** Reads the next `left` bytes as fields of the list. */
  #enter(left: number): void {
    if (left < 0) throw new SyntaxError("an item is longer than its list");
    this.#left = left === 0 ? undefined : left;
  }

  #take(field: number, bytes: Buffer, from: number, to: number): void {
    if (field === METADATA) this.metadata = listMetadata(new MessageReader(bytes, from, to));
    else if (field === ITEMS) this.#onItem(bytes.subarray(from, to));
  }
}

/** A field's number and length, and where its content begins; undefined if these are not whole. */
function headOf(bytes: Buffer, at: number): { field: number; length: number; end: number } | undefined {
  const tag = varint(bytes, at);
  const type = tag ? tag.value % 8 : LENGTH_DELIMITED;
  if (type !== LENGTH_DELIMITED) throw new SyntaxError(`a list has no field with wire type ${type}`);
  const length = tag && varint(bytes, tag.end);
  if (length) return { field: Math.floor(tag.value / 8), length: length.value, end: length.end };
  if (bytes.length - at > MAX_HEAD) throw new SyntaxError("a number has too many bytes");
  return undefined;
}

function varint(bytes: Buffer, from: number): { value: number; end: number } | undefined {
  let value = 0;
  let factor = 1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: at + 1 };
    factor *= 128;
  }
  return undefined;
}
