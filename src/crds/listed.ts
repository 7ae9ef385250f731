/** "a, b and 3 more": the first `max` of some texts, and how many there are besides. */
export function listed(
  texts: readonly string[],
  max: number,
  { separator = ", ", noun = "" }: { separator?: string; noun?: string } = {},
): string {
  const named = texts.slice(0, max).join(separator);
  const more = texts.length - max;
  return more > 0 ? `${named} and ${more} more${noun && ` ${noun}`}` : named;
}
