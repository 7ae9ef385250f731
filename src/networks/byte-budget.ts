import { namespaceOf } from "../crds/namespaced-name.ts";
export interface ByteLimits {
  /** Of all namespaces together. */
  total: number;
  /** Of one namespace: what one tenant can take from the others. */
  perNamespace: number;
}

/** Bounds the bytes that are kept of tenants' objects, by the objects' keys ("namespace/name"). */
export class ByteBudget {
  readonly #limits: ByteLimits;
  readonly #held = new Map<string, number>();
  readonly #byNamespace = new Map<string, number>();
  #total = 0;

  constructor(limits: ByteLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#total;
  }

  /** Whether so much may be kept of the object from now on; what was kept of it before is given back either way. */
  hold(key: string, bytes: number): boolean {
    this.release(key);
    if (this.exceeded(key, bytes)) return false;
    this.#held.set(key, bytes);
    this.#add(namespaceOf(key), bytes);
    return true;
  }

  /** The limit that so much more would exceed, if any. */
  exceeded(key: string, bytes: number): keyof ByteLimits | undefined {
    const own = this.#byNamespace.get(namespaceOf(key)) ?? 0;
    if (own + bytes > this.#limits.perNamespace) return "perNamespace";
    return this.#total + bytes > this.#limits.total ? "total" : undefined;
  }

  release(key: string): void {
    const bytes = this.#held.get(key);
    if (bytes === undefined) return;
    this.#held.delete(key);
    this.#add(namespaceOf(key), -bytes);
  }

  #add(namespace: string, bytes: number): void {
    this.#total += bytes;
    const now = (this.#byNamespace.get(namespace) ?? 0) + bytes;
    if (now === 0) this.#byNamespace.delete(namespace);
    else this.#byNamespace.set(namespace, now);
  }
}
