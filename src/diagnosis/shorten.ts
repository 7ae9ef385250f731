const GAP = " … ";

/** At most `max` characters. The middle is left out: a message begins with where it happened, and ends with the cause. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const rest = max - GAP.length;
  const head = Math.floor(rest / 3);
  return `${text.slice(0, head)}${GAP}${text.slice(text.length - (rest - head))}`;
}
