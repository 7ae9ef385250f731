import { YamlError } from "./errors.ts";

/** A place where a key may have begun: known once the ":" behind it is found. */
export interface SimpleKey {
  /** Position among all tokens. */
  token: number;
  possible: boolean;
  required: boolean;
  pos: number;
  index: number;
  line: number;
  column: number;
}

/** A key stands on one line, and its ":" at most this many characters behind its beginning (YAML 1.2, 7.4). */
const MAX_SIMPLE_KEY = 1024;

/** Where keys may have begun: one place for each level of brackets and braces (simple_keys of libyaml). */
export class SimpleKeys {
  readonly #keys: SimpleKey[];
  readonly #levelOfToken = new Map<number, number>();

  constructor(outermost: SimpleKey) {
    this.#keys = [outermost];
  }

  /** Whether a key may begin with this token. Throws if it had to be one and cannot be any more. */
  mayBeginAt(token: number, here: { line: number; index: number }): boolean {
    const level = this.#levelOfToken.get(token);
    return level !== undefined && this.#stillPossible(level, here) !== undefined;
  }

  /** The key whose ":" is here, if there is one; the next begins after it. */
  take(here: { line: number; index: number }): SimpleKey | undefined {
    const key = this.#stillPossible(this.#keys.length - 1, here);
    if (key) this.#forget(key);
    return key;
  }

  /** A key may begin here, in place of the last one of the level. */
  save(key: SimpleKey): void {
    this.drop();
    this.#keys[this.#keys.length - 1] = key;
    this.#levelOfToken.set(key.token, this.#keys.length - 1);
  }

  /** What may have been the level's key is none. Throws if it had to be one. */
  drop(): void {
    const key = this.#keys.at(-1);
    if (!key?.possible) return;
    if (key.required) throw new YamlError('a key without ":"', key.pos);
    this.#forget(key);
  }

  /** A bracket or brace opens. */
  enter(key: SimpleKey): void {
    this.#keys.push(key);
  }

  /** It closes. libyaml forgets with an empty "[]" or "{}" that it may be a key itself. */
  leave(): void {
    const key = this.#keys.pop();
    if (key) this.#levelOfToken.delete(key.token);
  }

  /** The level's key if it still can be one, after it was given up if it cannot. */
  #stillPossible(level: number, { line, index }: { line: number; index: number }): SimpleKey | undefined {
    const key = this.#keys[level];
    if (!key?.possible) return undefined;
    if (key.line === line && key.index + MAX_SIMPLE_KEY >= index) return key;
    if (key.required) throw new YamlError('a key without ":"', key.pos);
    key.possible = false;
    return undefined;
  }

  #forget(key: SimpleKey): void {
    key.possible = false;
    this.#levelOfToken.delete(key.token);
  }
}
