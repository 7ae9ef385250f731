/** As client-go's EventCorrelator (tools/record/events_cache.go): 25 at once, and then one in five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
/** As client-go's recorder of events.k8s.io: the same again within six minutes counts up a series. */
const SERIES_MS = 360_000;
const MAX_ENTRIES = 4096;

/** An event that was sent, and how often the same was reported since. */
export interface Series {
  name: string;
  count: number;
}

/**
 * What keeps a condition that flaps from filling the API server with events: the same event again counts up a series,
 * and each reason of each object has a bucket of its own, so that one that is noisy hides no other. Bounded: what was
 * not used for longest is forgotten.
 */
export class EventCorrelator {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #sent = new Map<string, Series & { at: number }>();

  /** Takes a token of the bucket, or returns false if there is none. */
  admit(bucket: string, now: number): boolean {
    const known = this.#buckets.get(bucket) ?? { tokens: BURST, at: now };
    // The clock may have been set back: that must cost no tokens.
    const passed = Math.max(0, now - known.at);
    const tokens = Math.min(BURST, known.tokens + passed / REFILL_MS);
    const admitted = tokens >= 1;
    keep(this.#buckets, bucket, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  }

  /** The series that the same event continues; undefined if it is a new one. */
  next(event: string, now: number): Series | undefined {
    const known = this.#sent.get(event);
    if (!known || now - known.at > SERIES_MS) return undefined;
    return { name: known.name, count: known.count + 1 };
  }

  sent(event: string, { name, count }: Series, now: number): void {
    keep(this.#sent, event, { name, count, at: now });
  }
}

function keep<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
}
