/** Those who want to know of something. Each is called in the order in which it was added; it only enqueues. */
export class Listeners<Args extends unknown[] = []> {
  readonly #all: ((...args: Args) => void)[] = [];

  add(listener: (...args: Args) => void): void {
    this.#all.push(listener);
  }

  notify(...args: Args): void {
    for (const listener of this.#all) listener(...args);
  }
}
