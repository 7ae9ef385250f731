/** Of the table, the share that is taken at most. */
const MAX_LOAD = 0.75;
const FREE = 0;

/** What is known of a claim: who made it, and how often. */
export interface Claimed {
  owner: number;
  count: number;
}

/**
 * Counts claims by the fingerprint of their text, 64 bits: a hash table with linear probing over typed arrays, 16 bytes a
 * claim outside of the heap. Two texts of one fingerprint would be one claim; with a secret salt that is left
 * to chance, which is 1 in 10^7 for a million claims.
 */
export class ClaimTable {
  readonly #salt: number;
  #low = new Uint32Array(64);
  #high = new Uint32Array(64);
  #owners = new Int32Array(64);
  /** 0 for a place that is free. */
  #counts = new Uint32Array(64);
  size = 0;
  /** The claim that was looked up last, whose fingerprint this is: a claim is read, and then set. */
  #claim = "";
  #fingerprint: readonly [number, number];

  constructor(salt: number) {
    this.#salt = salt;
    this.#fingerprint = fingerprint(this.#claim, salt);
  }

  get(claim: string): Claimed | undefined {
    const at = this.#find(claim);
    return this.#counts[at] === FREE
      ? undefined
      : { owner: this.#owners[at] as number, count: this.#counts[at] as number };
  }

  /** Sets who claims, and how often; 0 takes the claim away. */
  set(claim: string, owner: number, count: number): void {
    if (count === 0) {
      this.#delete(this.#find(claim));
      return;
    }
    if ((this.size + 1) / this.#counts.length > MAX_LOAD) this.#grow();
    const at = this.#find(claim);
    if (this.#counts[at] === FREE) this.size++;
    const [low, high] = this.#fingerprint;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#owners[at] = owner;
    this.#counts[at] = count;
  }

  /** The place of a claim, or the free one where it would be. */
  #find(claim: string): number {
    if (claim !== this.#claim) {
      this.#fingerprint = fingerprint(claim, this.#salt);
      this.#claim = claim;
    }
    const [low, high] = this.#fingerprint;
    let at = low % this.#counts.length;
    while (this.#counts[at] !== FREE && (this.#low[at] !== low || this.#high[at] !== high))
      at = this.#after(at);
    return at;
  }

  #delete(place: number): void {
    if (this.#counts[place] === FREE) return;
    let hole = place;
    for (let at = this.#after(hole); this.#counts[at] !== FREE; at = this.#after(at)) {
      const home = (this.#low[at] as number) % this.#counts.length;
      const isBetween = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (isBetween) continue;
      this.#move(at, hole);
      hole = at;
    }
    this.#counts[hole] = FREE;
    this.size--;
  }

  #move(from: number, to: number): void {
    for (const column of [this.#low, this.#high, this.#owners, this.#counts])
      column[to] = column[from] as number;
  }

  #after(at: number): number {
    return at + 1 === this.#counts.length ? 0 : at + 1;
  }

  #grow(): void {
    const [low, high, owners, counts] = [this.#low, this.#high, this.#owners, this.#counts];
    const places = Math.ceil(counts.length * 1.5);
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#owners = new Int32Array(places);
    this.#counts = new Uint32Array(places);
    for (let from = 0; from < counts.length; from++) {
      if (counts[from] === FREE) continue;
      let to = (low[from] as number) % places;
      while (this.#counts[to] !== FREE) to = this.#after(to);
      this.#low[to] = low[from] as number;
      this.#high[to] = high[from] as number;
      this.#owners[to] = owners[from] as number;
      this.#counts[to] = counts[from] as number;
    }
  }
}

/** Two hashes of 32 bits: cyrb53's, before it puts them together. */
function fingerprint(text: string, salt: number): [number, number] {
  let a = 0xdeadbeef ^ salt;
  let b = 0x41c6ce57 ^ salt;
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return [a >>> 0, b >>> 0];
}
