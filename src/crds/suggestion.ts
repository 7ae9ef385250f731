/** The candidate that `word` is most likely a misspelling of, or undefined if none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance: d }) => d <= limit)
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/**
 * Edits from one word to the other, two swapped letters counting as one (optimal string alignment). Over
 * words that are short: longer ones are not a misspelling of a field.
 */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 4 || a.length > 64) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = at(row, j) + (a[i] === b[j] ? 0 : 1);
      const exchanged = a[i] === b[j - 1] && a[i - 1] === b[j] ? at(before, j - 1) + 1 : replaced;
      next.push(Math.min(at(next, j) + 1, at(row, j + 1) + 1, replaced, exchanged));
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
