/** Text that kubectl does not read either. */
export class YamlError extends Error {
  readonly code = "NOT_YAML";
  override readonly name = "YamlError";
  /** Where in the text, in UTF-16 units from 0. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
