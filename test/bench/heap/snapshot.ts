import { z } from "zod";

/** A snapshot of V8's heap (DevTools' format): `nodes` and `edges` are rows of numbers, named in `meta`. */
const Snapshot = z.object({
  snapshot: z.object({
    meta: z.object({
      node_fields: z.array(z.string()),
      node_types: z.tuple([z.array(z.string())], z.unknown()),
      edge_fields: z.array(z.string()),
      edge_types: z.tuple([z.array(z.string())], z.unknown()),
    }),
  }),
  // A zod schema for each number would take longer than all the rest.
  nodes: z.custom<number[]>(Array.isArray),
  edges: z.custom<number[]>(Array.isArray),
  strings: z.custom<string[]>(Array.isArray),
});

/** Where bytes of the heap can be, in the order of the table. */
export const HEAP_PARTS = {
  source: "text of the program",
  code: "bytecode, machine code and shapes of objects",
  buffers: "array buffers: pods, packed",
  strings: "other strings",
  objects: "objects, arrays, maps, closures",
  other: "V8's own",
} as const;
export type HeapPart = keyof typeof HEAP_PARTS;

export interface HeapFigures {
  /** Bytes. */
  parts: Record<HeapPart, number>;
  total: number;
}

/**
 * The bytes of a heap snapshot by what they are. Every byte counts once: the size of each node by itself, not of what it
 * holds. Throws a ZodError for a text that is not a snapshot.
 */
export function heapFigures(text: string): HeapFigures {
  const { snapshot, nodes, edges, strings } = Snapshot.parse(JSON.parse(text));
  const { node_fields, node_types, edge_fields, edge_types } = snapshot.meta;
  const node = {
    width: node_fields.length,
    ...columns(node_fields, ["type", "name", "self_size", "edge_count"]),
  };
  const edge = { width: edge_fields.length, ...columns(edge_fields, ["type", "name_or_index", "to_node"]) };
  const types = node_types[0];
  const sources = new Set<number>();
  let next = 0;
  for (let at = 0; at < nodes.length; at += node.width) {
    const end = next + (nodes[at + node.edge_count] ?? 0) * edge.width;
    const isCode = types[nodes[at + node.type] ?? -1] === "code";
    for (; next < end; next += edge.width)
      // Of a script; no other code has one.
      if (isCode && isInternal(next) && strings[edges[next + edge.name_or_index] ?? -1] === "source")
        sources.add(edges[next + edge.to_node] ?? -1);
  }
  const parts: HeapFigures["parts"] = { source: 0, code: 0, buffers: 0, strings: 0, objects: 0, other: 0 };
  let total = 0;
  for (let at = 0; at < nodes.length; at += node.width) {
    const size = nodes[at + node.self_size] ?? 0;
    const part = sources.has(at)
      ? "source"
      : partOf(types[nodes[at + node.type] ?? -1] ?? "", strings[nodes[at + node.name] ?? -1] ?? "");
    parts[part] += size;
    total += size;
  }
  return { parts, total };

  function isInternal(at: number): boolean {
    return edge_types[0][edges[at + edge.type] ?? -1] === "internal";
  }
}

function partOf(type: string, name: string): HeapPart {
  if (name === "system / JSArrayBufferData") return "buffers";
  switch (type) {
    case "string":
    case "concatenated string":
    case "sliced string":
      return "strings";
    case "code":
    case "object shape":
      return "code";
    case "object":
    case "array":
    case "closure":
    case "regexp":
    case "number":
    case "symbol":
    case "bigint":
      return "objects";
    default:
      return "other";
  }
}

function columns<Name extends string>(
  fields: readonly string[],
  names: readonly Name[],
): Record<Name, number> {
  return Object.fromEntries(
    names.map((name) => {
      const at = fields.indexOf(name);
      if (at < 0) throw new Error(`a heap snapshot without the field ${name}`);
      return [name, at];
    }),
  ) as Record<Name, number>;
}
