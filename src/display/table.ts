import { oneLine } from "./text.ts";

/** Columns as kubectl writes them: upper case names, three spaces apart, nothing after the last. Cells are made one printable line. */
export function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    names.map((name) => name.toUpperCase()),
    ...rows.map((row) => row.map((cell) => cellOf(cell))),
  ];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n")
    .concat("\n");
}

function cellOf(text: string): string {
  return text === "" ? "-" : oneLine(text, 1024);
}
