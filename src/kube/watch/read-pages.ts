import { Collection, type CollectionOptions } from "./collection.ts";

/** As long as one request may take, ms. */
const TIMEOUT_MS = 60_000;

/**
 * Reads a collection that others may fill, such as events: in pages, one object at a time, so that what is kept of it is up
 * to `onItem`. Throws if a page cannot be read, or if all of them take longer than a minute.
 */
export async function readPages(
  options: CollectionOptions,
  onItem: Parameters<Collection["list"]>[1],
): Promise<void> {
  await new Collection(options).list(AbortSignal.timeout(TIMEOUT_MS), onItem, () => {});
}
