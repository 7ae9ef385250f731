/** What a scan finds of each value, in the order of the text. */
export interface Visitor {
  /** `path` is one array that changes from call to call. */
  value?(path: readonly (string | number)[], offset: number): void;
  duplicate?(path: readonly (string | number)[]): void;
}

export type Scan = { ok: true; depth: number } | { ok: false; offset: number; message: string };

/** Go's encoding/json gives up beyond this depth. */
const GO_DEPTH = 10_000;
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON forbids in a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

interface Frame {
  array: boolean;
  index: number;
  keys: Set<string> | undefined;
}

/** One pass over strict JSON (RFC 8259), without recursion: finds the first fault, and shows each value and duplicate key. */
export function scan(text: string, visitor: Visitor = {}): Scan {
  const path: (string | number)[] = [];
  const frames: Frame[] = [];
  let at = 0;
  let depth = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const fault = (message: string): Scan => ({
    ok: false,
    offset: at,
    message: at >= text.length ? "unexpected end of input" : message,
  });
  const key = (frame: Frame): string | undefined => {
    match(SPACE);
    const raw = match(STRING);
    if (raw === undefined) return "a key in double quotes is expected";
    const name = JSON.parse(raw) as string;
    path[path.length - 1] = name;
    if (frame.keys?.has(name)) visitor.duplicate?.(path);
    frame.keys = (frame.keys ?? new Set<string>()).add(name);
    match(SPACE);
    if (text[at] !== ":") return 'a ":" is expected';
    at++;
    return undefined;
  };

  for (;;) {
    match(SPACE);
    const start = at;
    const first = text[at];
    if (first === "{" || first === "[") {
      const frame: Frame = { array: first === "[", index: 0, keys: undefined };
      visitor.value?.(path, start);
      at++;
      match(SPACE);
      if (text[at] !== (frame.array ? "]" : "}")) {
        frames.push(frame);
        depth = Math.max(depth, frames.length);
        if (depth > GO_DEPTH) return fault(`is nested deeper than ${GO_DEPTH} levels`);
        path.push(0);
        const wrong = frame.array ? undefined : key(frame);
        if (wrong !== undefined) return fault(wrong);
        continue;
      }
      at++;
    } else {
      const plain = match(STRING) ?? match(NUMBER) ?? match(WORD);
      if (plain === undefined)
        return fault(
          first === '"'
            ? "a string is not closed, or contains a character that must be escaped"
            : "a value is expected",
        );
      visitor.value?.(path, start);
      // Go rejects a number that overflows float64 wherever it stands.
      if (plain[0] !== '"' && Math.abs(Number(plain)) === Number.POSITIVE_INFINITY) {
        at = start;
        return fault("a number is too large for Go to read");
      }
    }
    for (;;) {
      match(SPACE);
      const frame = frames.at(-1);
      if (!frame) return at === text.length ? { ok: true, depth } : fault("nothing may follow the value");
      if (text[at] === ",") {
        at++;
        if (frame.array) path[path.length - 1] = ++frame.index;
        else {
          const wrong = key(frame);
          if (wrong !== undefined) return fault(wrong);
        }
        break;
      }
      if (text[at] !== (frame.array ? "]" : "}"))
        return fault(frame.array ? 'a "," or "]" is expected' : 'a "," or "}" is expected');
      at++;
      frames.pop();
      path.pop();
    }
  }
}

/** Finds line and column, both from 1, of offsets in one text. */
export function positions(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
