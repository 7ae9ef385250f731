interface Shared<T> {
  readonly key: string;
  value: T;
  users: number;
}

/** Values that many records share, each held once under a number for as long as a record has it. */
export class SharedValues<T> {
  readonly #make: (key: string) => T;
  readonly #ids = new Map<string, number>();
  readonly #shared: (Shared<T> | undefined)[] = [];
  readonly #free: number[] = [];

  /** @param make the value of a key */
  constructor(make: (key: string) => T) {
    this.#make = make;
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The number of a key, for one more record. */
  acquire(key: string): number {
    const known = this.#ids.get(key);
    if (known !== undefined) {
      (this.#shared[known] as Shared<T>).users++;
      return known;
    }
    const id = this.#free.pop() ?? this.#shared.length;
    this.#shared[id] = { key, value: this.#make(key), users: 1 };
    this.#ids.set(key, id);
    return id;
  }

  release(id: number): void {
    const shared = this.#shared[id];
    if (!shared || --shared.users > 0) return;
    this.#ids.delete(shared.key);
    this.#shared[id] = undefined;
    this.#free.push(id);
  }

  /** Makes the values again: what they are made by has changed. */
  remake(): void {
    for (const shared of this.#shared) if (shared) shared.value = this.#make(shared.key);
  }

  key(id: number): string {
    return (this.#shared[id] as Shared<T>).key;
  }

  value(id: number): T {
    return (this.#shared[id] as Shared<T>).value;
  }
}
