import { ByteBudget, type ByteLimits } from "../../networks/byte-budget.ts";
import { keptBytes, type NadView, unread } from "../../networks/nad-view.ts";

/** What may be kept of NADs, and what was read of them: nine hundred of ordinary size in one namespace. */
const MAX_BYTES: ByteLimits = { total: 24 * 1024 * 1024, perNamespace: 2 * 1024 * 1024 };
const FULL = {
  perNamespace: "is in a namespace whose NADs are larger than 2 MiB together",
  total: "is in a cluster whose NADs are larger than 24 MiB together",
};

/** The list of a full cluster is large, and a tenant can free room and fill it as often as the API server allows, ms. */
const LIST_INTERVAL_MS = 300_000;
/** Deletions that follow each other lead to one list, ms. */
const SETTLE_MS = 10_000;
/** There may be many that were not read, and each event is an occasion to check whether one has room, ms. */
const CHECK_INTERVAL_MS = 1000;

/** Decides of which NADs the configuration is kept, and when there is room for one that was not kept before. */
export class NadBudget {
  readonly #budget: ByteBudget;
  readonly #now: () => number;
  /** The bytes of those that were not kept, because there was no room. */
  readonly #unread = new Map<string, number>();
  #nextCheck = 0;
  /** Since when there is room for one of them. */
  #roomSince: number | undefined;

  constructor(limits = MAX_BYTES, now = () => performance.now()) {
    this.#budget = new ByteBudget(limits);
    this.#now = now;
  }

  /** The NAD, or the same without its configuration if there is no room for it. */
  admit(nad: NadView): NadView {
    const key = `${nad.namespace}/${nad.name}`;
    const bytes = keptBytes(nad);
    if (this.#budget.hold(key, bytes)) {
      this.#unread.delete(key);
      return nad;
    }
    this.#unread.set(key, bytes);
    return unread(nad, FULL[this.#budget.exceeded(key, bytes) ?? "total"]);
  }

  /** To be called for a NAD that is gone. */
  release(key: string): void {
    this.#budget.release(key);
    this.#unread.delete(key);
  }

  /** Whether to list all NADs again, because one that was not read has room by now: true once in five minutes at most. */
  needsList(): boolean {
    const now = this.#now();
    if (this.#unread.size === 0 || now < this.#nextCheck) return false;
    const hasRoom = [...this.#unread].some(([key, bytes]) => !this.#budget.exceeded(key, bytes));
    this.#roomSince = hasRoom ? (this.#roomSince ?? now) : undefined;
    const isNeeded = this.#roomSince !== undefined && now - this.#roomSince >= SETTLE_MS;
    if (isNeeded) this.#roomSince = undefined;
    this.#nextCheck = now + (isNeeded ? LIST_INTERVAL_MS : CHECK_INTERVAL_MS);
    return isNeeded;
  }
}
