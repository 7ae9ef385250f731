import { counted } from "../crds/plural.ts";
import { printable } from "../display/text.ts";
import type { FieldChange } from "./field-changes.ts";

/** What would become of one object. */
export interface ObjectChange {
  /** "DaemonSet kube-system/kube-multus-ds" */
  object: string;
  action: "create" | "change" | "delete" | "conflict";
  fields: FieldChange[];
  /** Nodes whose Multus pod is restarted by it. */
  restarts?: number;
  /** Why, or what to do. */
  notes: string[];
}

export interface Preview {
  changes: ObjectChange[];
  notes: string[];
  /** Fields that others added to the operator's objects and that stay, as sentences. */
  foreign?: string[];
}

const SIGNS = { create: "+", change: "~", delete: "-", conflict: "!" } as const;
const WORDS = { create: "new", change: "", delete: "deleted", conflict: "not adopted" } as const;
const COLOURS: Record<string, number> = { "+": 32, "-": 31, "~": 33, "!": 31 };

/** The changes for a person, a line a field. @param colours whether to write for a terminal */
export function previewText({ changes, notes, foreign = [] }: Preview, colours: boolean): string {
  const lines = changes.flatMap((change) => changeLines(change)).map(printable);
  const coloured = lines.map((line) => {
    const sign = line.trimStart()[0] ?? "";
    const code = COLOURS[sign];
    return colours && code !== undefined ? `\u001b[${code}m${line}\u001b[0m` : line;
  });
  const others = foreign.map((field) => printable(`= ${field}`));
  return [...coloured, ...others, ...notes.map(printable), summary(changes), ""].join("\n");
}

function changeLines({ object, action, fields, restarts, notes }: ObjectChange): string[] {
  const remarks = [
    ...(WORDS[action] ? [WORDS[action]] : []),
    ...(restarts === undefined ? [] : [`its pods restart on ${counted(restarts, "node")}`]),
  ];
  return [
    `${SIGNS[action]} ${object}${remarks.length > 0 ? ` (${remarks.join("; ")})` : ""}`,
    ...fields.map(fieldLine),
    ...notes.map((note) => `    ${note}`),
  ];
}

function fieldLine({ path, before, after }: FieldChange): string {
  if (before === undefined) return `  + ${path}: ${valueText(after)}`;
  if (after === undefined) return `  - ${path}: ${valueText(before)}`;
  return `  ~ ${path}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, " ");
  return clean.length > 160 ? `${clean.slice(0, 159)}…` : clean || '""';
}

function summary(changes: readonly ObjectChange[]): string {
  if (changes.length === 0) return "No changes.";
  const count = (action: ObjectChange["action"], word: string) => {
    const found = changes.filter((change) => change.action === action).length;
    return found === 0 ? [] : [`${found} ${word}`];
  };
  const restarting = changes.flatMap(({ restarts }) => restarts ?? []);
  const nodes = restarting.reduce((sum, count) => sum + count, 0);
  const parts = [
    ...count("create", "new"),
    ...count("change", "changed"),
    ...count("delete", "deleted"),
    ...count("conflict", "not adopted"),
  ];
  const pods =
    restarting.length === 0 ? "No Multus pod restarts." : `Multus restarts on ${counted(nodes, "node")}.`;
  return `${parts.join(", ")}. ${pods}`;
}
