import { z } from "zod";

/** Which request an error is about. */
export interface RequestName {
  method: string;
  /** Without its query. */
  path: string;
}

/** One of the reasons in metav1.Status' details: a field of the object, or a condition of the server. */
export interface StatusCause {
  /** metav1.CauseType: FieldManagerConflict, FieldValueInvalid, NamespaceTerminating, … */
  reason: string;
  field: string;
  message: string;
}

/**
 * Longest time that an answer's Retry-After counts for, s. API servers ask for seconds; a load balancer in maintenance may
 * ask for hours, and nothing would be watched for as long after it is over.
 */
const MAX_RETRY_AFTER_SECONDS = 60;

/** The API server answered with an error status. `reason` is metav1.Status' own: NotFound, Conflict, Invalid, … */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code = "API_ERROR";
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly reason: string;
  /** metav1.Status' message alone; `message` names the request and the status as well. */
  readonly statusMessage: string;
  readonly causes: readonly StatusCause[];
  /** What the answer is about, if it names it: not always the object of the request. `kind` is often a plural. */
  readonly subject: { kind: string; name: string };
  /** How long the server asks to wait, at most a minute. */
  readonly retryAfterSeconds: number | undefined;

  constructor({ method, path }: RequestName, status: number, body: string, retryAfter?: string) {
    const { reason, message, details } = parseStatus(body);
    super(`${method} ${path}: ${status} ${reason} ${message}`.trim());
    this.method = method;
    this.path = path;
    this.status = status;
    this.reason = reason;
    this.statusMessage = message;
    this.causes = details.causes;
    this.subject = { kind: details.kind, name: details.name };
    const seconds = Number(retryAfter ?? details.retryAfterSeconds);
    this.retryAfterSeconds = seconds > 0 ? Math.min(seconds, MAX_RETRY_AFTER_SECONDS) : undefined;
  }

  /** Whether the same request may succeed later although nothing is changed. */
  get isTransient(): boolean {
    return this.status === 408 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

/** There is no kubeconfig, it cannot be read, or it lacks what was asked for: nothing was sent. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
  readonly code = "KUBECONFIG";
}

/** Nothing came on a connection in time; the cause of a NetworkError. */
export class HttpTimeout extends Error {
  override readonly name = "HttpTimeout";
  readonly code = "HTTP_TIMEOUT";

  constructor(what: string, milliseconds: number) {
    super(`${what} for ${milliseconds / 1000} s`);
  }
}

/** An HTTP proxy does not connect to the API server; the cause of a NetworkError. */
export class ProxyRefused extends Error {
  override readonly name = "ProxyRefused";
  readonly code = "PROXY_REFUSED";
}

/** An object of a kind, or of a version of it, that this program does not handle. */
export class UnknownKind extends Error {
  override readonly name = "UnknownKind";
  readonly code = "UNKNOWN_KIND";

  constructor({ apiVersion, kind }: { apiVersion: string; kind: string }) {
    super(`unknown resource type: ${apiVersion} ${kind}`);
  }
}

/** The request did not get an answer: connection refused, reset, timed out, cut off. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code = "NETWORK_ERROR";
  readonly method: string;
  readonly path: string;

  constructor({ method, path }: RequestName, cause: unknown) {
    super(`${method} ${path}: ${reasonOf(cause)}`, { cause });
    this.method = method;
    this.path = path;
  }
}

/** Resource versions went back: etcd was restored from a snapshot. Copies of objects are of a history that is gone, and stay so. */
export class HistoryReplaced extends Error {
  override readonly name = "HistoryReplaced";
  readonly code = "HISTORY_REPLACED";

  constructor(object: string, known: bigint, found: bigint) {
    super(
      `etcd was restored from a snapshot: the resource version of ${object} went back from ${known} to ${found}; a new process reads all objects again`,
    );
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** 409 of a server-side apply: other field managers hold the fields named in `causes`. */
export function isApplyConflict(error: ApiError): boolean {
  return error.status === 409 && error.causes.length > 0;
}

/** The namespace of the request does not exist (k8s.io/apiserver plugin/namespace/lifecycle answers so). */
export function isNamespaceMissing(error: ApiError): boolean {
  return error.status === 404 && /^namespaces?$/i.test(error.subject.kind);
}

/** The namespace of the request is being deleted: nothing can be created in it. */
export function isNamespaceTerminating(error: ApiError): boolean {
  return error.status === 403 && error.causes.some(({ reason }) => reason === "NamespaceTerminating");
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const status = z.object({
  reason: text,
  message: text,
  details: z
    .object({
      kind: text,
      name: text,
      retryAfterSeconds: z.number().optional(),
      causes: z
        .array(z.object({ reason: text, field: text, message: text }))
        .nullish()
        .transform((causes) => causes ?? []),
    })
    .prefault({}),
});

/** A proxy in between answers in HTML: the text is kept, shortened. */
function parseStatus(body: string): z.output<typeof status> {
  try {
    return status.parse(JSON.parse(body));
  } catch {
    return { reason: "", message: body.slice(0, 200), details: { kind: "", name: "", causes: [] } };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}

/** An error that trying again cannot fix: the object has to change first, and that change is an event. */
export class TerminalError extends Error {
  override readonly name: string = "TerminalError";
  readonly code: string = "TERMINAL";
}

/** Stopped, Aborted: the wait is over. TimedOut: there is no complete list yet. Rejected: the server forbids the list. */
export type NotSyncedReason = "Stopped" | "Aborted" | "TimedOut" | "Rejected";

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
export function isRejection(error: unknown): boolean {
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
    case "Rejected":
      return `forbidden: ${words(cause)}`;
  }
}

/** The server's own words. A status without a message is a proxy's, or an empty answer. */
function words(cause: unknown): string {
  if (cause instanceof ApiError) return cause.statusMessage || `${cause.status} ${cause.reason}`.trim();
  return cause instanceof Error ? cause.message : String(cause);
}
