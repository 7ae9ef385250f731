import { formatPath } from "./finding.ts";
import { positions, scan } from "./scan.ts";

/** No finding lies deeper. */
export const DEEPEST = 16;

/**
 * The places of values in a JSON text by their paths (formatPath), from 1: of several with one key the last,
 * since that counts. A path that is not there stands where the nearest value around it begins.
 */
export function locateInJson(
  text: string,
  paths: readonly string[],
): Map<string, { line: number; column: number }> {
  const offsets = new Map<string, number | undefined>([["", 0]]);
  for (const path of paths) for (const name of around(path)) offsets.set(name, offsets.get(name));
  scan(text, {
    value(path, offset) {
      if (path.length > DEEPEST) return;
      const name = formatPath(path);
      if (offsets.has(name)) offsets.set(name, offset);
    },
  });
  const position = positions(text);
  const nearest = (path: string) =>
    around(path)
      .map((name) => offsets.get(name))
      .findLast((offset) => offset !== undefined);
  return new Map(paths.map((path) => [path, position(nearest(path) ?? 0)]));
}

/** The path and, before it, what may be the paths of the values around it: each end at a "." or "[". */
function around(path: string): string[] {
  const ends = [...path.matchAll(/[.[]/g)].slice(0, 4 * DEEPEST).map(({ index }) => path.slice(0, index));
  return ["", ...ends, path];
}
