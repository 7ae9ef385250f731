import { z } from "zod";

/** The API server answered with an error status. `reason` is metav1.Status' own: NotFound, Conflict, Invalid, … */
export class ApiError extends Error {
  readonly code = "API_ERROR";
  readonly status: number;
  readonly reason: string;
  readonly causes: readonly { field: string; message: string }[];
  readonly retryAfterSeconds: number | undefined;

  constructor(request: string, status: number, body: string, retryAfter?: string) {
    const parsed = parseStatus(body);
    super(`${request}: ${status} ${parsed.reason} ${parsed.message}`.trim());
    this.status = status;
    this.reason = parsed.reason;
    this.causes = parsed.details.causes;
    const seconds = Number(retryAfter ?? parsed.details.retryAfterSeconds);
    this.retryAfterSeconds = Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
  }

  /** Whether the same request may succeed later without anybody changing something. */
  get isTransient(): boolean {
    return this.status === 408 || this.status === 409 || this.status === 429 || this.status >= 500;
  }
}

/** The request did not get an answer: connection refused, reset, timed out, cut off. */
export class NetworkError extends Error {
  readonly code = "NETWORK_ERROR";

  constructor(request: string, cause: unknown) {
    super(`${request}: ${reasonOf(cause)}`, { cause });
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** 409 of a server-side apply: other field managers hold the fields named in `causes`. */
export function isApplyConflict(error: ApiError): boolean {
  return error.status === 409 && error.causes.length > 0;
}

const status = z.object({
  reason: z.string().default(""),
  message: z.string().default(""),
  details: z
    .object({
      retryAfterSeconds: z.number().optional(),
      causes: z
        .array(z.object({ field: z.string().default(""), message: z.string().default("") }))
        .default([]),
    })
    .prefault({}),
});

/** A proxy in between answers in HTML: the text is kept, shortened. */
function parseStatus(body: string): z.output<typeof status> {
  try {
    return status.parse(JSON.parse(body));
  } catch {
    return { reason: "", message: body.slice(0, 200), details: { causes: [] } };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}
