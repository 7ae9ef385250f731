import type { NetworkSummary } from "../../networks/summary.ts";
import { Listeners } from "./listeners.ts";

/** The newest summary of all networks and pods: the network controller fills it, the install's status shows it. */
export class NetworkSummaryStore {
  readonly #changes = new Listeners();
  #summary: NetworkSummary | undefined;
  #text = "";
  #unknown: readonly string[] = [];

  /** Undefined until everything was seen once. */
  get(): NetworkSummary | undefined {
    return this.#summary;
  }

  /** Sentences: what cannot be read at all, or has not been for so long that the summary shows what was. */
  get unknown(): readonly string[] {
    return this.#unknown;
  }

  setUnknown(sentences: readonly string[]): void {
    if (sentences.join() === this.#unknown.join()) return;
    this.#unknown = sentences;
    this.#changes.notify();
  }

  /** `listener` is called when the summary shows something else. It only enqueues. */
  onChange(listener: () => void): void {
    this.#changes.add(listener);
  }

  set(summary: NetworkSummary | undefined): void {
    const text = JSON.stringify(summary) ?? "";
    this.#summary = summary;
    if (text === this.#text) return;
    this.#text = text;
    this.#changes.notify();
  }
}
