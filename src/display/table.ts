import { type Paint, plain, type Tone } from "./color.ts";
import { oneLine } from "./text.ts";

export interface TableOptions {
  /** Whether the first line names the columns. */
  headers?: boolean;
  paint?: Paint;
  /** How a cell is meant; undefined for most. */
  toneOf?: (column: string, cell: string) => Tone | undefined;
}

/** Columns as kubectl writes them: upper case names, three spaces apart, nothing after the last. Cells are made one printable line. */
export function table(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  { headers = true, paint = plain, toneOf = () => undefined }: TableOptions = {},
): string {
  const cells = rows.map((row) => row.map((cell) => cellOf(cell)));
  const lines = headers ? [names.map((name) => name.toUpperCase()), ...cells] : cells;
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const isHeader = (line: readonly string[]) => headers && line === lines[0];
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const isLast = column === line.length - 1;
          const text = isLast ? cell : cell.padEnd(widths[column] ?? 0);
          return paint(isHeader(line) ? undefined : toneOf(names[column] ?? "", cell), text);
        })
        .join("   ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function cellOf(text: string): string {
  return text === "" ? "-" : oneLine(text, 1024);
}
