/** FNV-1a over the text's code units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const NONE = -1;
/** Of the index, the share that is taken at most: linear probing gets slow beyond. */
const MAX_LOAD = 0.7;

/**
 * Numbers for keys: a key gets a slot, and the slot is given to another key once it is free. A hash table with linear
 * probing over typed arrays: 8 to 12 bytes a key, next to the text of the key itself, which its owner keeps.
 */
export class Slots {
  readonly #isKey: (slot: number, key: string) => boolean;
  #index = new Int32Array(64).fill(NONE);
  #hashes = new Uint32Array(32);
  readonly #free: number[] = [];
  #used = 0;
  size = 0;

  /** @param isKey whether the key of a slot is this one */
  constructor(isKey: (slot: number, key: string) => boolean) {
    this.#isKey = isKey;
  }

  /** Slots are smaller than this. */
  get capacity(): number {
    return this.#hashes.length;
  }

  /** The slot of a key, -1 if it has none. */
  find(key: string): number {
    const hash = hashOf(key);
    for (let at = hash % this.#index.length; ; at = this.#after(at)) {
      const slot = this.#index[at] as number;
      if (slot === NONE) return NONE;
      if (this.#hashes[slot] === hash && this.#isKey(slot, key)) return slot;
    }
  }

  /** A slot for a key that has none. */
  add(key: string): number {
    if ((this.size + 1) / this.#index.length > MAX_LOAD) this.#grow();
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#hashes.length) this.#hashes = grown(this.#hashes, slot + 1);
    this.#hashes[slot] = hashOf(key);
    this.#insert(slot);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    let hole = (this.#hashes[slot] as number) % this.#index.length;
    while (this.#index[hole] !== slot) hole = this.#after(hole);
    // What was pushed aside moves back, so that a probe never ends too soon.
    for (let at = this.#after(hole); this.#index[at] !== NONE; at = this.#after(at)) {
      const other = this.#index[at] as number;
      const home = (this.#hashes[other] as number) % this.#index.length;
      const isBetween = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (isBetween) continue;
      this.#index[hole] = other;
      hole = at;
    }
    this.#index[hole] = NONE;
    this.#free.push(slot);
    this.size--;
  }

  /** The slots in use. */
  *[Symbol.iterator](): Generator<number> {
    const slots = this.#index.filter((slot) => slot !== NONE).toSorted();
    yield* slots;
  }

  #after(at: number): number {
    return at + 1 === this.#index.length ? 0 : at + 1;
  }

  #insert(slot: number): void {
    let at = (this.#hashes[slot] as number) % this.#index.length;
    while (this.#index[at] !== NONE) at = this.#after(at);
    this.#index[at] = slot;
  }

  #grow(): void {
    const slots = this.#index.filter((slot) => slot !== NONE);
    this.#index = new Int32Array(Math.ceil(this.#index.length * 1.5)).fill(NONE);
    for (const slot of slots) this.#insert(slot);
  }
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The same column with room for this many rows at least, and some more. */
export function grown<T extends Column>(column: T, rows: number): T {
  const larger = new (column.constructor as new (length: number) => T)(
    Math.max(rows, Math.ceil(column.length * 1.4)),
  );
  larger.set(column);
  return larger;
}
