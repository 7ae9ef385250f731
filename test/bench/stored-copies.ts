import { get, putEach } from "../cluster/etcd.ts";

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

  /**
   * Writes copies, each with its replacements of texts, which are of equal length: the API server stores lengths. The key
   * has the same replacements.
   */
  async write(copies: readonly (readonly (readonly [from: string, to: string])[])[]): Promise<void> {
    await putEach(
      this.#etcd,
      copies.map((replacements) => [
        replaced(this.#key, replacements),
        Buffer.from(replaced(this.#text, replacements), "latin1"),
      ]),
    );
  }
}

function replaced(text: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((result, [from, to]) => {
    if (from.length !== to.length) throw new Error(`${to} must have the length of ${from}`);
    return result.replaceAll(from, to);
  }, text);
}
