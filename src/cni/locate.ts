import { formatPath } from "./finding.ts";
import { positions, scan } from "./scan.ts";

/** No finding lies deeper. */
export const DEEPEST = 16;

/**
 * The places of values in a JSON text by their paths (formatPath), from 1: of several with one key the last,
 * since that counts. Paths that are not there stand at the value's beginning.
 */
export function locateInJson(
  text: string,
  paths: readonly string[],
): Map<string, { line: number; column: number }> {
  const offsets = new Map(paths.map((path) => [path, 0]));
  scan(text, {
    value(path, offset) {
      if (path.length > DEEPEST) return;
      const name = formatPath(path);
      if (offsets.has(name)) offsets.set(name, offset);
    },
  });
  const position = positions(text);
  return new Map([...offsets].map(([path, offset]) => [path, position(offset)]));
}
