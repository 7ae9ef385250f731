import { ApiError } from "../errors.ts";

/** One renewal of a lease that another process holds. */
export interface Renewal {
  holder: string;
  /** As the holder wrote it: only compared, since clocks of machines differ. */
  renewTime: string;
  durationSeconds: number;
}

/**
 * Whether the holder of a lease has let it expire: no renewal was seen for the lease's whole duration, by this
 * process' own clock. While the API server was away, the holder could not renew either: that time does not count
 * against it. It has the rest of its lease to come back in, and the others do not lead in its place.
 */
export class LeaseObservation {
  readonly #now: () => number;
  /** The newest renewal, and when it was seen first, ms. */
  #seen: (Renewal & { at: number }) | undefined;
  /** When the API server last answered, and whether a request has failed since. */
  #answeredAt = 0;
  #isUnanswered = false;

  /** @param now milliseconds of a clock that does not jump */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The lease was read; to be called before `saw`. */
  answered(): void {
    const now = this.#now();
    if (this.#isUnanswered && this.#seen) this.#seen.at += now - Math.max(this.#answeredAt, this.#seen.at);
    this.#isUnanswered = false;
    this.#answeredAt = now;
  }

  /** A request failed. A rejection is an answer, so it is not an outage; 429 is not an answer: the holder's requests are put off too. */
  failed(error: unknown): void {
    const isAnswer = error instanceof ApiError && error.status < 500 && error.status !== 429;
    this.#isUnanswered ||= !isAnswer;
  }

  /** The lease as it was read; another process holds it. */
  saw(renewal: Renewal): void {
    const isKnown = this.#seen?.holder === renewal.holder && this.#seen.renewTime === renewal.renewTime;
    if (!isKnown) this.#seen = { ...renewal, at: this.#now() };
  }

  /** Whether the renewal that was seen last is older than the lease lasts. */
  get isExpired(): boolean {
    return this.#seen !== undefined && this.#now() - this.#seen.at > this.#seen.durationSeconds * 1000;
  }
}
