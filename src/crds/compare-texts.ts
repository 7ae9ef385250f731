/** Orders texts by their characters' codes, the same on every machine; for `toSorted`. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
