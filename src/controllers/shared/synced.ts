import type { NotSynced } from "../../kube/errors.ts";

/** What a reconcile asks of a Reflector, or of several behind one name. */
export interface Synced {
  whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void>;
}

/** A reconcile waits no longer: it reports what it waits for, and is tried again. */
const MAX_WAIT_MS = 5000;

/**
 * Returns when all of these are known. Throws the NotSynced of the first that is not within five seconds, or whose
 * list the server forbids: what is not known is never taken for absent.
 */
export async function synced(watches: readonly Synced[], signal: AbortSignal): Promise<void> {
  await Promise.all(watches.map((watch) => watch.whenSynced(signal, MAX_WAIT_MS)));
}

/** A sentence for each watch that the server forbids. */
export function rejections(watches: Iterable<{ rejection: NotSynced | undefined }>): string[] {
  return [...watches].flatMap(({ rejection }) => rejection?.message ?? []);
}
