/** The bytes of one request that are held in memory. */
export interface HeldBody {
  bytes: number;
  /** Ends the request: its bytes are given up. */
  cut: () => void;
}

/** Bounds the bytes that all requests hold together: whoever holds the most gives way. */
export class BodyBudget {
  readonly #limit: number;
  readonly #held = new Set<HeldBody>();
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  begin(cut: () => void): HeldBody {
    const body = { bytes: 0, cut };
    this.#held.add(body);
    return body;
  }

  take(body: HeldBody, bytes: number): void {
    if (!this.#held.has(body)) return; // it was cut
    body.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#limit) {
      const largest = [...this.#held].reduce((most, next) => (next.bytes > most.bytes ? next : most), body);
      this.end(largest);
      largest.cut();
    }
  }

  /** The request has been answered, or given up. */
  end(body: HeldBody): void {
    if (this.#held.delete(body)) this.#bytes -= body.bytes;
  }
}
