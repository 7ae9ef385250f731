/** The manifest is none that this program can read. `code` shows scripts why. */
export class ImportError extends Error {
  override readonly name = "ImportError";
  readonly code: "NO_MULTUS" | "MALFORMED";

  constructor(code: ImportError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
