import type { ApiObject } from "../../kube/resource.ts";

/**
 * Objects that are watched, and that this program writes too: after a write the watch's copy is old for a moment, or
 * for as long as the watch hangs. Decisions by an old copy would repeat the write, and its event.
 */
export class NewestCopies {
  readonly #seen: (key: string) => ApiObject | undefined;
  /** The answers to writes, until the watch shows a copy that is as new. */
  readonly #written = new Map<string, ApiObject>();

  constructor(seen: (key: string) => ApiObject | undefined) {
    this.#seen = seen;
  }

  /**
   * The newest that is known. Of an object that the watch does not show, nothing is: the answer to a write may arrive
   * after the watch has shown that the object is gone.
   */
  get(key: string): ApiObject | undefined {
    const seen = this.#seen(key);
    const written = this.#written.get(key);
    if (seen && written && !isAsNew(seen, written)) return written;
    this.#written.delete(key);
    return seen;
  }

  /** To be called with the API server's answer to each write. */
  wrote(key: string, answer: ApiObject): void {
    this.#written.set(key, answer);
  }
}

/** Whether the copy is at least as new as the other. Resource versions of one kind are integers that grow (KEP-5504). */
export function isAsNew(copy: ApiObject, other: ApiObject): boolean {
  return versionOf(copy) >= versionOf(other);
}

function versionOf({ metadata }: ApiObject): bigint {
  return BigInt(metadata.resourceVersion ?? "0");
}
