/** A request that costs more to read than any that an API server sends. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  readonly code = "BODY_TOO_LARGE";

  /** @param what such as "is longer than 3145728 bytes" */
  constructor(what: string) {
    super(`the request ${what}`);
    this.name = "BodyTooLarge";
  }
}
