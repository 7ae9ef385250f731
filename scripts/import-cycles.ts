/** One import: the nodes may be files, folders or rooms. */
export interface Edge {
  from: string;
  to: string;
  /** "src/x.ts:12" */
  at: string;
}

/** One line for each import by which nodes reach each other in a circle, however long. A node may import itself. */
export function importCycles(edges: readonly Edge[], what: string): string[] {
  const next = new Map<string, Map<string, string>>();
  for (const { from, to, at } of edges) {
    if (to === from) continue;
    const targets = next.get(from) ?? new Map<string, string>();
    if (!targets.has(to)) targets.set(to, at);
    next.set(from, targets);
  }
  const reachable = new Map([...next.keys()].map((node) => [node, reachableFrom(node, next)]));
  return [...next].flatMap(([from, targets]) =>
    [...targets].flatMap(([to, at]) =>
      reachable.get(to)?.has(from) ? [`${at}: ${what} import each other: ${from} → ${to} → … → ${from}`] : [],
    ),
  );
}

/**
 * Only imports between folders that lie next to each other: the files of a folder connect the folders below it, as
 * src/operator.ts connects the rooms.
 */
export function betweenSiblings(edges: readonly Edge[]): Edge[] {
  return edges.flatMap(({ from, to, at }) => {
    const [a, b] = [foldersOf(from), foldersOf(to)];
    const depth = a.findIndex((name, index) => name !== b[index]);
    if (depth < 0 || depth >= b.length) return [];
    return [{ from: a.slice(0, depth + 1).join("/"), to: b.slice(0, depth + 1).join("/"), at }];
  });
}

function foldersOf(file: string): string[] {
  return file.split("/").slice(0, -1);
}

function reachableFrom(start: string, next: ReadonlyMap<string, ReadonlyMap<string, string>>): Set<string> {
  const seen = new Set<string>();
  const open = [start];
  for (let node = open.pop(); node !== undefined; node = open.pop())
    for (const target of next.get(node)?.keys() ?? [])
      if (!seen.has(target)) {
        seen.add(target);
        open.push(target);
      }
  return seen;
}
