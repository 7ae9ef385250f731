/** The user asked for something that cannot be answered; the message says what to do instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

/** The user ended it (Ctrl-C). */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly code = "INTERRUPTED";
}
