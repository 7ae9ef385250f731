/** What the scanner finds, in the order of the text; for indentation and simple keys it adds tokens of its own. */
export type Token =
  | { type: Mark; start: number; end: number }
  | { type: "version"; start: number; end: number; version: string }
  | { type: "tag-directive"; start: number; end: number; handle: string; prefix: string }
  | { type: "anchor" | "alias"; start: number; end: number; name: string }
  | { type: "tag"; start: number; end: number; handle: string; suffix: string }
  | { type: "scalar"; start: number; end: number; value: string; runs: readonly number[]; plain: boolean };

export type Mark =
  | "end"
  | "document-start"
  | "document-end"
  | "["
  | "]"
  | "{"
  | "}"
  | ","
  | "-"
  | "?"
  | ":"
  | "block-sequence"
  | "block-mapping"
  | "block-end";
