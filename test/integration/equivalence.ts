/** Compares objects field by field, for the documented differences between the render and upstream's manifests. */

export interface Difference {
  /** "DaemonSet kube-multus-ds: spec.template.spec.priorityClassName" */
  at: string;
  upstream: unknown;
  ours: unknown;
}

interface KubeLike {
  kind: string;
  metadata: { name: string };
}

/** Every field in which two sets of objects differ. Lists of things with a name are compared by name. */
export function differences(upstream: readonly KubeLike[], ours: readonly KubeLike[]): Difference[] {
  const keyed = (objects: readonly KubeLike[]) =>
    new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  const [left, right] = [keyed(upstream), keyed(ours)];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    compare(left.get(key), right.get(key), "").map(({ at, ...rest }) => ({
      at: `${key}: ${at.replace(/^\./, "") || "the object"}`,
      ...rest,
    })),
  );
}

function compare(upstream: unknown, ours: unknown, at: string): Difference[] {
  if (isObject(upstream) && isObject(ours)) {
    return [...new Set([...Object.keys(upstream), ...Object.keys(ours)])].flatMap((key) =>
      compare(upstream[key], ours[key], `${at}.${key}`),
    );
  }
  if (Array.isArray(upstream) && Array.isArray(ours) && [...upstream, ...ours].every(isNamed)) {
    const byName = (items: Named[]) => Object.fromEntries(items.map((item) => [nameOf(item), item]));
    return compare(byName(upstream), byName(ours), at);
  }
  if (JSON.stringify(upstream) === JSON.stringify(ours)) return [];
  return [{ at, upstream, ours }];
}

type Named = Record<string, unknown>;

function isNamed(item: unknown): item is Named {
  return isObject(item) && nameOf(item) !== undefined;
}

function nameOf(item: Named): string | undefined {
  const name = item.mountPath ?? item.name;
  return typeof name === "string" ? name : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
