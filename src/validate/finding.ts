/** A field of an object, in parts. */
export type Path = readonly (string | number)[];

/** A finding as `validate -o json` prints it: the names are a contract with scripts. */
export interface DocumentFinding {
  /** As it was named on the command line, or found in a directory; "-" for standard input. */
  file: string;
  /** From 0, within the file. */
  document: number;
  kind: string;
  /** As written; empty if there is none. */
  namespace: string;
  name: string;
  /** In the object; for what is inside a NAD's spec.config, in that configuration. */
  path: string;
  severity: "error" | "warning";
  code: string;
  message: string;
  /** In the file, from 1. */
  line: number;
  column: number;
}

/** A finding before it is known where: its object's fields are filled in by validateFiles. */
export interface ObjectFinding extends Pick<DocumentFinding, "path" | "severity" | "code" | "message"> {
  /** Where the field stands in the object. */
  at: Path;
  /** Where in the text that stands `at`. */
  inText?: { text: string; line: number; column: number };
}
