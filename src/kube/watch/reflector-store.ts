/** A key whose kept value may have changed; undefined if nothing is kept of it any longer. */
export type Change<T> = readonly [key: string, kept: T | undefined];

/**
 * A list that is being read. What is added takes effect at once or at the end, as the store says; what was not added is
 * gone at the end.
 */
export interface Filling<T> {
  add(key: string, kept: T): void;
  /** The whole list was read: what was not added is gone. */
  end(): Iterable<Change<T>>;
  /**
   * The list was cut off; there is no end. Reports what was added and is not kept. A store in which additions take effect
   * at once keeps all of them.
   */
  cutOff?(): Iterable<Change<T>>;
}

/**
 * Where a reflector keeps what it projects of objects. Each method that changes something returns what the reflector
 * reports to its `onChange`: every change, or none at all if the store has observers.
 */
export interface ReflectorStore<T> {
  readonly size: number;
  get(key: string): T | undefined;
  entries(): Iterable<[string, T]>;
  set(key: string, kept: T): Iterable<Change<T>>;
  delete(key: string): Iterable<Change<T>>;
  filling(): Filling<T>;
}

const NOTHING: readonly [] = [];

/** A store in a Map. A list takes effect at the end. */
export class MapStore<T> implements ReflectorStore<T> {
  readonly #kept = new Map<string, T>();

  get size(): number {
    return this.#kept.size;
  }

  get(key: string): T | undefined {
    return this.#kept.get(key);
  }

  entries(): Iterable<[string, T]> {
    return this.#kept.entries();
  }

  set(key: string, kept: T): Iterable<Change<T>> {
    this.#kept.set(key, kept);
    return [[key, kept]];
  }

  delete(key: string): Iterable<Change<T>> {
    return this.#kept.delete(key) ? [[key, undefined]] : NOTHING;
  }

  /** Every key of the old and the new list is reported, since events in between were not seen. */
  filling(): Filling<T> {
    const found = new Map<string, T>();
    return {
      add: (key, kept) => void found.set(key, kept),
      cutOff: () =>
        [...found.keys()].filter((key) => !this.#kept.has(key)).map((key): Change<T> => [key, undefined]),
      end: () => {
        const gone = [...this.#kept.keys()].filter((key) => !found.has(key));
        for (const key of gone) this.#kept.delete(key);
        for (const [key, kept] of found) this.#kept.set(key, kept);
        return [...gone.map((key): Change<T> => [key, undefined]), ...found];
      },
    };
  }
}
