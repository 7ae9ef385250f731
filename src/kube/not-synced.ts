import { ApiError } from "./errors.ts";

/** Stopped, Aborted: nobody asks any longer. TimedOut: no complete list yet. Refused: the server does not allow it. */
export type NotSyncedReason = "Stopped" | "Aborted" | "TimedOut" | "Refused";

/** What a collection holds is not known: it was not listed yet, or the copy has not been kept up to date for long. */
export class NotSynced extends Error {
  override readonly name = "NotSynced";
  readonly code = "NOT_SYNCED";
  /** The collection, or the object that is watched by its name: "nodes", "DaemonSet kube-system/kube-multus-ds". */
  readonly resource: string;
  readonly reason: NotSyncedReason;
  /** For how long it has not been known. */
  readonly seconds: number;

  constructor(resource: string, reason: NotSyncedReason, cause?: unknown, seconds = 0) {
    super(`${resource}: ${sentence(reason, cause)}`, cause === undefined ? undefined : { cause });
    this.resource = resource;
    this.reason = reason;
    this.seconds = seconds;
  }
}

/** Whether the wait ended because the program, or the watch, was stopped. */
export function isStopped(error: unknown): boolean {
  return error instanceof NotSynced && (error.reason === "Stopped" || error.reason === "Aborted");
}

/** An answer that waiting alone does not change: permissions have to. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

function sentence(reason: NotSyncedReason, cause: unknown): string {
  switch (reason) {
    case "Stopped":
      return "the watch was stopped";
    case "Aborted":
      return "the wait was aborted";
    case "TimedOut":
      return cause === undefined ? "not listed yet" : `not listed yet: ${words(cause)}`;
    case "Refused":
      return `forbidden: ${words(cause)}`;
  }
}

/** The server's own words. A status without a message is a proxy's, or an empty answer. */
function words(cause: unknown): string {
  if (cause instanceof ApiError) return cause.statusMessage || `${cause.status} ${cause.reason}`.trim();
  return cause instanceof Error ? cause.message : String(cause);
}
