import type { ApiObject } from "../resource.ts";
import type { ListMetadata, ListStream } from "../streams.ts";

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Reads a list as it comes in, one item at a time: a page of 500 objects of one tenant can have 100 MiB, and several
 * times that once it is parsed. Its items are the one list right below the top. Throws if the text is not a list.
 */
export class ListReader implements ListStream {
  readonly #onItem: (item: ApiObject) => void;
  /** The text without the items. */
  #envelope = "";
  #parts: Buffer[] = [];
  /** Where in the chunk the part begins that is not taken yet: of the envelope, or of an item. */
  #from = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;
  metadata: ListMetadata | undefined;
  bytes = 0;

  constructor(onItem: (item: ApiObject) => void) {
    this.#onItem = onItem;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#inString) at = this.#endOfString(chunk, at);
      else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN || byte === OPEN_LIST) this.#open(chunk, at);
      else if (byte === CLOSE || byte === CLOSE_LIST) this.#close(chunk, at);
    }
    if (!this.#inItems) this.#takeEnvelope(chunk.subarray(this.#from));
    else if (this.#depth > 2) this.#parts.push(chunk.subarray(this.#from));
  }

  /** Where the string ends that goes on here: at its closing quote, or with the chunk. */
  #endOfString(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
    }
    return chunk.length;
  }

  #open(chunk: Buffer, at: number): void {
    if (chunk[at] === OPEN_LIST && this.#depth === 1) {
      this.#takeEnvelope(chunk.subarray(this.#from, at + 1));
      this.#inItems = true;
      this.metadata = metadataBefore(this.#envelope);
    } else if (this.#inItems && this.#depth === 2) this.#from = at;
    this.#depth++;
  }

  #close(chunk: Buffer, at: number): void {
    this.#depth--;
    if (!this.#inItems) return;
    if (this.#depth === 2) this.#takeItem(chunk.subarray(this.#from, at + 1));
    if (this.#depth === 1) {
      this.#inItems = false;
      this.#from = at;
    }
  }

  /** After the last chunk. Throws a SyntaxError if the text is not a list, or was cut off. */
  end(): ListMetadata {
    const { metadata } = JSON.parse(this.#envelope) as { metadata?: ListMetadata };
    if (!metadata?.resourceVersion) throw new SyntaxError("not a list: it has no resource version");
    return metadata;
  }

  /** Only ASCII is cut apart here: names of fields, versions and tokens. */
  #takeEnvelope(part: Buffer): void {
    this.#envelope += part.toString("latin1");
  }

  #takeItem(last: Buffer): void {
    const text = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#onItem(JSON.parse(text.toString("utf8")) as ApiObject);
  }
}

/** The metadata if it comes before the items: the text ends with the list's opening bracket. */
function metadataBefore(envelope: string): ListMetadata | undefined {
  try {
    return (JSON.parse(`${envelope}]}`) as { metadata?: ListMetadata }).metadata;
  } catch {
    return undefined;
  }
}

/** Objects of a page, and the bytes that it aims at. */
const FIRST_PAGE = 100;
const MAX_PAGE = 500;
const MIN_PAGE = 10;
const PAGE_BYTES = 4 * 1024 * 1024;

/** How many objects the next page should have, after one with so many objects and bytes; the first without. */
export function nextPageSize(last?: { items: number; bytes: number }): number {
  if (!last || last.items === 0) return FIRST_PAGE;
  return Math.max(MIN_PAGE, Math.min(MAX_PAGE, Math.floor((PAGE_BYTES * last.items) / last.bytes)));
}
