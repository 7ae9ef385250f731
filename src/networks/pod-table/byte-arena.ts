/** A place is a multiple of this many bytes, and a record takes a multiple of it. */
const UNIT = 16;
/** Several times the longest record, because none crosses the end of a chunk. A page that is not written takes no memory. */
const CHUNK_BYTES = 1024 * 1024;
const UNITS_PER_CHUNK = CHUNK_BYTES / UNIT;
/** Free bytes from which on moving the records together is worth it. */
const MIN_LOOSE_BYTES = 4 * 1024 * 1024;

/** Records of bytes outside of the heap, where they cost their length and the garbage collector nothing. */
export class ByteArena {
  readonly #chunks: Buffer[] = [];
  /** Places that are free, by the number of units. */
  readonly #free = new Map<number, number[]>();
  #freeUnits = 0;
  /** Every place from here on is free, too. */
  #end = 0;

  /** Bytes of all chunks. */
  get bytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  /**
   * Whether `compact` is due: a third of the bytes is free. A free place is used again for a record of the same length only,
   * and a tenant chooses the lengths: with ever other lengths, the same pods would take ever more.
   */
  get isLoose(): boolean {
    return this.#freeUnits * UNIT > MIN_LOOSE_BYTES && this.#freeUnits * 3 > this.#end;
  }

  /** Copies the record, and returns its place. Throws a RangeError if it is longer than a chunk. */
  put(record: Buffer): number {
    const place = this.#allot(unitsOf(record.length));
    record.copy(this.#chunk(place), offsetOf(place));
    return place;
  }

  /**
   * Moves all records together, and writes their new places. The chunks stay for the records to come.
   * @param order the row of each record, by ascending place
   */
  compact(order: Iterable<number>, places: Uint32Array, lengths: Uint32Array): void {
    this.#free.clear();
    this.#freeUnits = 0;
    this.#end = 0;
    for (const row of order) {
      const [from, length] = [places[row] as number, lengths[row] as number];
      const to = placeFrom(this.#end, unitsOf(length));
      // Never beyond its old place, so that it overwrites no record that is still to be moved.
      if (to !== from) this.at(from, length).copy(this.#chunk(to), offsetOf(to));
      places[row] = to;
      this.#end = to + unitsOf(length);
    }
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
    this.#freeUnits += units;
  }

  #allot(units: number): number {
    if (units > UNITS_PER_CHUNK) throw new RangeError(`a record has at most ${CHUNK_BYTES} bytes`);
    const free = this.#free.get(units)?.pop();
    if (free !== undefined) {
      this.#freeUnits -= units;
      return free;
    }
    const place = placeFrom(this.#end, units);
    if (place >= this.#chunks.length * UNITS_PER_CHUNK)
      this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
    this.#end = place + units;
    return place;
  }

  #chunk(place: number): Buffer {
    return this.#chunks[Math.floor(place / UNITS_PER_CHUNK)] as Buffer;
  }
}

function unitsOf(length: number): number {
  return Math.max(1, Math.ceil(length / UNIT));
}

/** The first place at or after `end` at which a record does not cross the end of a chunk. */
function placeFrom(end: number, units: number): number {
  const rest = UNITS_PER_CHUNK - (end % UNITS_PER_CHUNK);
  return units <= rest ? end : end + rest;
}

function offsetOf(place: number): number {
  return (place % UNITS_PER_CHUNK) * UNIT;
}
