/** "a, b and 3 more": the first `max` of some texts, and how many there are besides. */
export function listed(
  texts: readonly string[],
  max: number,
  { separator = ", ", noun = "" }: { separator?: string; noun?: string } = {},
): string {
  const named = texts.slice(0, max).join(separator);
  const more = texts.length - max;
  return more > 0 ? `${named} ${andMore(more, noun)}` : named;
}

/** The first `max` of some texts, and "and 3 more" as one more text. `hidden`: how many there are that have no text. */
export function firstOf(texts: readonly string[], max: number, hidden = 0): string[] {
  const shown = texts.slice(0, max);
  const more = texts.length + hidden - shown.length;
  return more > 0 ? [...shown, andMore(more)] : shown;
}

function andMore(count: number, noun = ""): string {
  return `and ${count} more${noun && ` ${noun}`}`;
}
