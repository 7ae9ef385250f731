/** The text of a scalar as it is put together, with the place in the source that each part comes from. */
export class ScalarText {
  value = "";
  /** Pairs: from this offset of the text on, the source's offset. */
  readonly runs: number[] = [];
  /** Where the source goes on if nothing is folded or escaped in between. */
  #next = -1;

  /** A part that stands in the source as it is. */
  add(text: string, from: number): void {
    if (text === "") return;
    if (from !== this.#next) this.runs.push(this.value.length, from);
    this.value += text;
    this.#next = from + text.length;
  }

  /** A part that stands in the source in another form: an escape, a folded line break. */
  put(text: string, from: number): void {
    if (text === "") return;
    this.runs.push(this.value.length, from);
    this.value += text;
    this.#next = -1;
  }
}

/** Where in the source a character of a scalar's text stands. Undefined if the scalar is empty. */
export function sourceOffset(runs: readonly number[], offset: number): number | undefined {
  let low = 0;
  let high = runs.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle * 2] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const from = runs[low * 2 + 1];
  return from === undefined ? undefined : from + offset - (runs[low * 2] ?? 0);
}
