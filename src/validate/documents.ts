import { positions } from "../cni/scan.ts";
import { readYamlDocuments } from "../yaml/documents.ts";
import type { Path } from "./finding.ts";
import { type Place, Places } from "./places.ts";

export interface SourceDocument {
  /** From 0, as the file separates them; an empty one counts, but for the first. */
  index: number;
  /** Undefined if it cannot be read. */
  value: unknown;
  places: Places;
  /** Keys that an object of it has twice; the last counts. */
  duplicates: readonly { path: Path; place: Place }[];
  error?: Place & { message: string };
}

/** A file with what was read of it. */
export interface SourceFile {
  file: string;
  documents: readonly SourceDocument[];
}

/** The documents of a YAML or JSON text, as kubectl reads them. One that it rejects has an error. */
export function parseDocuments(source: string): SourceDocument[] {
  const position = positions(source);
  return readYamlDocuments(source).map((document, index) =>
    "error" in document
      ? {
          index,
          value: undefined,
          places: new Places(undefined, position),
          duplicates: [],
          error: { ...position(document.error.offset), message: document.error.message },
        }
      : {
          index,
          value: document.value,
          places: new Places(document.root, position),
          duplicates: document.duplicates.map(({ path, offset }) => ({ path, place: position(offset) })),
        },
  );
}
