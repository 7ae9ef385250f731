import { get, putEach, putTogether } from "../cluster/etcd.ts";

/** Texts of the stored object, and what a copy has in their place: of equal length, since the API server stores lengths. */
export type Replacements = readonly (readonly [from: string, to: string])[];

/** An object as etcd has it, of which copies are written to etcd: thousands in seconds, seen by the API server's watches. */
export class StoredCopies {
  readonly #etcd: string;
  readonly #key: string;
  readonly #text: string;

  private constructor(etcd: string, key: string, text: string) {
    this.#etcd = etcd;
    this.#key = key;
    this.#text = text;
  }

  /** @param key of an object in etcd, "/registry/pods/kube-system/name" */
  static async of(etcd: string, key: string): Promise<StoredCopies> {
    const stored = await get(etcd, key);
    if (!stored) throw new Error(`${key} is not in etcd`);
    return new StoredCopies(etcd, key, stored.toString("latin1"));
  }

  /** Writes copies, each with its replacements, which its key has too. */
  async write(copies: readonly Replacements[]): Promise<void> {
    await putEach(this.#etcd, this.#copies(copies));
  }

  /** The same in transactions, which is faster: for copies that no client lists or watches yet (see `putTogether`). */
  async fill(copies: readonly Replacements[]): Promise<void> {
    await putTogether(this.#etcd, this.#copies(copies));
  }

  #copies(copies: readonly Replacements[]) {
    return copies.map(
      (replacements) =>
        [
          replaced(this.#key, replacements),
          Buffer.from(replaced(this.#text, replacements), "latin1"),
        ] as const,
    );
  }
}

function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((result, [from, to]) => {
    if (from.length !== to.length) throw new Error(`${to} must have the length of ${from}`);
    return result.replaceAll(from, to);
  }, text);
}
