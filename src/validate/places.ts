import { type Node, resolved } from "../yaml/node.ts";
import { sourceOffset } from "../yaml/scalar-text.ts";
import { childOf } from "../yaml/value.ts";
import type { Path } from "./finding.ts";

export interface Place {
  line: number;
  column: number;
}

/**
 * Says where in a file the fields of one of its documents stand. Lines and columns from 1. What comes from an alias
 * or a merge key stands where it is written.
 */
export class Places {
  readonly #root: Node | undefined;
  readonly #position: (offset: number) => Place;

  constructor(root: Node | undefined, position: (offset: number) => Place) {
    this.#root = root;
    this.#position = position;
  }

  /** The place of a field's value, or of the nearest field around it that is there. */
  of(path: Path): Place {
    return this.#position(this.#find(path).offset);
  }

  /** The place of a character of a field's text, `line` and `column` being its place in that text. */
  inText(path: Path, text: string, { line, column }: Place): Place {
    const { node, offset } = this.#find(path);
    const scalar = node && resolved(node);
    if (scalar?.kind !== "scalar" || scalar.value !== text) return this.#position(offset);
    const at = offsetOf(text, line, column);
    // The end of a text that ends too early is behind its last character.
    const last = text.trimEnd().length - 1;
    const found = at > last ? sourceOffset(scalar.runs, last) : sourceOffset(scalar.runs, at);
    return this.#position(found === undefined || last < 0 ? offset : found + (at > last ? 1 : 0));
  }

  #find(path: Path): { offset: number; node: Node | undefined } {
    let node = this.#root;
    if (!node) return { offset: 0, node };
    let offset = node.start;
    for (const part of path) {
      const child = childOf(node, part);
      if (!child) return { offset, node: undefined };
      node = child.value;
      const written = resolved(node);
      // Nothing stands after "key:".
      offset = written.kind === "scalar" && written.absent && child.key ? child.key.start : written.start;
    }
    return { offset, node };
  }
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let left = line - 1; left > 0; left--) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}
