/** A place is a multiple of this many bytes, and a record takes a multiple of it. */
const UNIT = 16;
const CHUNK_BYTES = 256 * 1024;
const UNITS_PER_CHUNK = CHUNK_BYTES / UNIT;

/** Records of bytes outside of the heap, where they cost their length and the garbage collector nothing. */
export class ByteArena {
  readonly #chunks: Buffer[] = [];
  /** Places that are free, by the number of units. */
  readonly #free = new Map<number, number[]>();
  /** Units of the last chunk that are taken. */
  #taken = UNITS_PER_CHUNK;

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  /** Copies the record, and returns its place. Throws a RangeError if it is longer than a chunk. */
  put(record: Buffer): number {
    const place = this.#allot(unitsOf(record.length));
    record.copy(this.#chunk(place), offsetOf(place));
    return place;
  }

  /** The record at a place, which shares the arena's memory until it is freed. */
  at(place: number, length: number): Buffer {
    const offset = offsetOf(place);
    return this.#chunk(place).subarray(offset, offset + length);
  }

  text(place: number, from: number, to: number): string {
    const offset = offsetOf(place);
    return this.#chunk(place).toString("utf8", offset + from, offset + to);
  }

  equals(place: number, record: Buffer): boolean {
    const offset = offsetOf(place);
    return record.compare(this.#chunk(place), offset, offset + record.length) === 0;
  }

  free(place: number, length: number): void {
    const units = unitsOf(length);
    const places = this.#free.get(units);
    if (places) places.push(place);
    else this.#free.set(units, [place]);
  }

  #allot(units: number): number {
    if (units > UNITS_PER_CHUNK) throw new RangeError(`a record has at most ${CHUNK_BYTES} bytes`);
    const free = this.#free.get(units)?.pop();
    if (free !== undefined) return free;
    if (this.#taken + units > UNITS_PER_CHUNK) {
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.#taken = 0;
    }
    const place = (this.#chunks.length - 1) * UNITS_PER_CHUNK + this.#taken;
    this.#taken += units;
    return place;
  }

  #chunk(place: number): Buffer {
    return this.#chunks[Math.floor(place / UNITS_PER_CHUNK)] as Buffer;
  }
}

function unitsOf(length: number): number {
  return Math.max(1, Math.ceil(length / UNIT));
}

function offsetOf(place: number): number {
  return (place % UNITS_PER_CHUNK) * UNIT;
}
