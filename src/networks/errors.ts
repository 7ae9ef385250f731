/** A value that Go would not take. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
