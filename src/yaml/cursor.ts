/** A place in a YAML text that moves forward. The end of the text reads as the character 0, as in libyaml. */
export class Cursor {
  readonly source: string;
  pos: number;
  line = 0;
  /** In characters: a pair of surrogates is one. */
  column = 0;
  #pairs = 0;
  readonly #end: number;

  constructor(source: string, start = 0, end = source.length) {
    this.source = source;
    this.pos = start;
    this.#end = end;
  }

  code(ahead = 0): number {
    const at = this.pos + ahead;
    return at < this.#end ? this.source.charCodeAt(at) : 0;
  }

  is(character: string, ahead = 0): boolean {
    return this.code(ahead) === character.charCodeAt(0);
  }

  /** Characters since the start. */
  get index(): number {
    return this.pos - this.#pairs;
  }

  skip(count = 1): void {
    for (let i = 0; i < count; i++) {
      const code = this.code();
      if (code >= 0xd800 && code < 0xdc00) {
        this.#pairs++;
        this.pos++;
      }
      this.pos++;
      this.column++;
    }
  }

  /** Skips a line break. What it stands for in a text: "\n", or the Unicode separator itself. */
  skipBreak(): string {
    const code = this.code();
    this.pos += this.#breakWidth();
    this.line++;
    this.column = 0;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.skip();
  }

  /** Skips blanks and a comment. False if something else stands before the end of the line. */
  skipRestOfLine(): boolean {
    this.skipBlanks();
    if (this.is("#")) while (!isBreakOrEnd(this.code())) this.skip();
    return isBreakOrEnd(this.code());
  }

  /** At a line that is `---` or `...`, alone or followed by a blank. */
  atDocumentIndicator(): boolean {
    if (this.column !== 0) return false;
    const code = this.code();
    return (
      (code === 0x2d || code === 0x2e) &&
      this.code(1) === code &&
      this.code(2) === code &&
      isBlankOrEnd(this.code(3))
    );
  }

  /** kubectl's line reader takes one carriage return off each line, and libyaml reads what is left. */
  #breakWidth(): number {
    if (!this.is("\r")) return 1;
    if (this.is("\n", 1)) return 2;
    return this.is("\r", 1) && this.is("\n", 2) ? 3 : 1;
  }
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

export function isBreakOrEnd(code: number): boolean {
  return code === 0 || isBreak(code);
}

export function isBlankOrEnd(code: number): boolean {
  return isBlank(code) || isBreakOrEnd(code);
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** What anchors and tag handles are made of. */
export function isWordCharacter(code: number): boolean {
  return (
    isDigit(code) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2d
  );
}
