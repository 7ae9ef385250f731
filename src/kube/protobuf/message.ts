/**
 * Reads the fields of one protobuf message (protobuf.dev/programming-guides/encoding) without copying it: what nothing asks
 * for is stepped over. Throws a SyntaxError if the bytes are not a message.
 */
export class MessageReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** The number of the field that `next` has found. */
  field = 0;
  /** Of a field with a length: where it lies. */
  #from = 0;
  #to = 0;
  #integer = 0;

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** Goes on to the next field. False after the last one. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.field = Math.floor(tag / 8);
    this.#from = this.#to = this.#at;
    switch (tag % 8) {
      case 0:
        this.#integer = this.#varint();
        break;
      case 1:
        this.#at += 8;
        break;
      case 2: {
        const length = this.#varint();
        this.#from = this.#at;
        this.#at += length;
        this.#to = this.#at;
        break;
      }
      case 5:
        this.#at += 4;
        break;
      default:
        throw new SyntaxError(`unknown wire type ${tag % 8}`);
    }
    if (this.#at > this.#end) throw new SyntaxError("a field is longer than its message");
    return true;
  }

  /** The field as text. */
  text(): string {
    return this.#bytes.toString("utf8", this.#from, this.#to);
  }

  /** The field as an integer. Beyond 2^53 it is not exact. */
  integer(): number {
    return this.#integer;
  }

  /** The field as bytes, which are shared with the message. */
  bytes(): Buffer {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  /** The field as a message. */
  message(): MessageReader {
    return new MessageReader(this.#bytes, this.#from, this.#to);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let n = 0; n < 10; n++) {
      if (this.#at >= this.#end) throw new SyntaxError("a number is cut off");
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new SyntaxError("a number has more than ten bytes");
  }
}
