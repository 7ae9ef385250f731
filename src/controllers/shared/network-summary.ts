import type { NetworkSummary } from "../../networks/summary.ts";

/** The newest summary of all networks and pods: the network controller fills it, the install's status shows it. */
export class NetworkSummaryStore {
  readonly #listeners: (() => void)[] = [];
  #summary: NetworkSummary | undefined;
  #text = "";

  /** Undefined until everything was seen once. */
  get(): NetworkSummary | undefined {
    return this.#summary;
  }

  /** `listener` is called when the summary says something else. It only enqueues. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  set(summary: NetworkSummary | undefined): void {
    const text = JSON.stringify(summary) ?? "";
    this.#summary = summary;
    if (text === this.#text) return;
    this.#text = text;
    for (const listener of this.#listeners) listener();
  }
}
