import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { positions } from "../cni/scan.ts";
import type { Path } from "./finding.ts";

export interface Place {
  line: number;
  column: number;
}

/** Says where in a YAML file the fields of one of its documents stand. Lines and columns from 1. */
export class Places {
  readonly #source: string;
  readonly #events: readonly Event[];
  /** The event after each event's subtree, made when first needed. */
  #after: Int32Array | undefined;
  readonly #position: (offset: number) => Place;

  /** `events` are the document's own, its DOCUMENT event first. */
  constructor(source: string, events: readonly Event[], position = positions(source)) {
    this.#source = source;
    this.#events = events;
    this.#position = position;
  }

  /** The place of a field's value, or of the nearest field around it that is there. */
  of(path: Path): Place {
    return this.#position(this.#find(path).offset);
  }

  /**
   * The place of a character of a text, `line` and `column` being its place in the text. A text in YAML is
   * indented, quoted or folded; that moves, adds and takes blanks only, so that the n-th other character of
   * the text is the n-th of the file. Where the two do not agree, the place of the text's beginning.
   */
  inText(path: Path, text: string, { line, column }: Place): Place {
    const { event, offset } = this.#find(path);
    if (event?.type !== EVENT_ID.SCALAR) return this.#position(offset);
    const inFile = visibleOffsets(this.#source, event);
    const at = offsetOf(text, line, column);
    const before = visibleCount(text.slice(0, at));
    if (inFile.length !== before + visibleCount(text.slice(at))) return this.#position(offset);
    const after = inFile[before];
    // The end of a text that ends too early is behind its last character.
    const found = after ?? (before === 0 ? offset : (inFile[before - 1] ?? 0) + 1);
    return this.#position(found);
  }

  #find(path: Path): { offset: number; event: Event | undefined } {
    this.#after ??= subtreeEnds(this.#events);
    const after = this.#after;
    let at = 1;
    let offset = offsetOfEvent(this.#events[at]) ?? 0;
    for (const part of path) {
      const child = this.#child(at, part, after);
      if (child === undefined) return { offset, event: undefined };
      at = child.at;
      offset = offsetOfEvent(this.#events[at]) ?? child.key ?? offset;
    }
    return { offset, event: this.#events[at] };
  }

  #child(at: number, part: string | number, after: Int32Array): { at: number; key?: number } | undefined {
    const parent = this.#events[at];
    const end = (after[at] ?? 0) - 1;
    let child = at + 1;
    if (parent?.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; child < end; index++, child = after[child] ?? end)
        if (index === part) return { at: child };
    } else if (parent?.type === EVENT_ID.MAPPING)
      while (child < end) {
        const key = this.#events[child];
        const value = after[child] ?? end;
        if (key?.type === EVENT_ID.SCALAR && getScalarValue(this.#source, key) === String(part))
          return { at: value, key: offsetOfEvent(key) ?? 0 };
        child = after[value] ?? end;
      }
    return undefined;
  }
}

/** For each event the index behind its POP, or behind itself. */
function subtreeEnds(events: readonly Event[]): Int32Array {
  const ends = new Int32Array(events.length);
  const open: number[] = [];
  for (const [i, { type }] of events.entries()) {
    if (type === EVENT_ID.POP) ends[open.pop() ?? 0] = i + 1;
    else if (type === EVENT_ID.SCALAR || type === EVENT_ID.ALIAS) ends[i] = i + 1;
    else open.push(i);
    if (type === EVENT_ID.POP) ends[i] = i + 1;
  }
  return ends;
}

function offsetOfEvent(event: Event | undefined): number | undefined {
  switch (event?.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    case EVENT_ID.SCALAR:
      // Nothing stands after "key:".
      return event.valueStart < 0 ? undefined : event.valueStart;
    default:
      return undefined;
  }
}

const BLANK = new Set([" ", "\t", "\r", "\n"]);

function visibleCount(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (!BLANK.has(text.charAt(i))) count++;
  return count;
}

/** Where in the source each character of a scalar's value stands that is no blank; a pair of surrogates is two. */
function visibleOffsets(source: string, { valueStart, valueEnd, style }: ScalarEvent): number[] {
  const found: number[] = [];
  for (let at = valueStart; at < valueEnd; ) {
    const character = source.charAt(at);
    if (character === "'" && style === SCALAR_STYLE.SINGLE_QUOTED) {
      found.push(at);
      at += 2;
    } else if (character === "\\" && style === SCALAR_STYLE.DOUBLE_QUOTED) {
      const name = source.charAt(at + 1);
      const digits = { x: 2, u: 4, U: 8 }[name] ?? 0;
      const code = digits > 0 ? Number.parseInt(source.slice(at + 2, at + 2 + digits), 16) : 0;
      if (digits > 0) {
        if (!BLANK.has(String.fromCodePoint(code))) found.push(at);
        if (code > 0xffff) found.push(at);
      } else if (!/[nrt \t\r\n]/.test(name)) found.push(at);
      at += 2 + digits;
    } else {
      if (!BLANK.has(character)) found.push(at);
      at++;
    }
  }
  return found;
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let left = line - 1; left > 0; left--) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}
