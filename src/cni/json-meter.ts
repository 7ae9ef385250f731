/** What a JSON text asks of whoever parses it. */
export interface JsonSize {
  bytes: number;
  /** Elements and fields: each becomes an object, a string or a slot in memory. */
  values: number;
  depth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * Measures a JSON text as it comes in, before it is parsed: `{"a":[{},{},…]}` of 3 MiB becomes a million objects and
 * twenty times its bytes. It does not check the text; what is not JSON is measured like JSON.
 */
export class JsonMeter {
  #bytes = 0;
  #values = 1;
  #level = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    for (const byte of chunk) {
      if (this.#inString) this.#ofString(byte);
      else this.#ofStructure(byte);
    }
  }

  #ofString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #ofStructure(byte: number): void {
    if (byte === QUOTE) this.#inString = true;
    else if (byte === COMMA) this.#values++;
    // "[" and "{", "]" and "}" differ in one bit.
    else if ((byte | 0x20) === 0x7b) {
      this.#values++;
      this.#level++;
      if (this.#level > this.#depth) this.#depth = this.#level;
    } else if ((byte | 0x20) === 0x7d) this.#level--;
  }

  get size(): JsonSize {
    return { bytes: this.#bytes, values: this.#values, depth: this.#depth };
  }
}

/** The size of a whole text. */
export function jsonSize(text: string): JsonSize {
  const meter = new JsonMeter();
  meter.push(Buffer.from(text));
  return meter.size;
}
