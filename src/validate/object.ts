import { isObject } from "../cni/section.ts";
import type { Path } from "./finding.ts";

/** An object of a document, as far as every kind has its fields. */
export interface SeenObject {
  value: Record<string, unknown>;
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  /** Where it stands in its document: [] or, in a List, ["items", 3]. */
  at: Path;
}

/** The objects of a document: itself, or a List's items. Undefined if it is not a Kubernetes object. */
export function objectsOf(value: unknown): SeenObject[] | undefined {
  if (!isObject(value) || typeof value.kind !== "string") return undefined;
  if (!value.kind.endsWith("List") || !Array.isArray(value.items)) return [seen(value, [])];
  const kind = value.kind.slice(0, -"List".length);
  return value.items.flatMap((item: unknown, i) =>
    // The items of a typed list may leave out what the list says.
    isObject(item) ? [seen({ kind, apiVersion: value.apiVersion, ...item }, ["items", i])] : [],
  );
}

function seen(value: Record<string, unknown>, at: Path): SeenObject {
  const metadata = isObject(value.metadata) ? value.metadata : {};
  return {
    value,
    apiVersion: word(value.apiVersion),
    kind: word(value.kind),
    namespace: word(metadata.namespace),
    name: word(metadata.name) || word(metadata.generateName),
    at,
  };
}

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** metadata.annotations[key], where it is a string. */
export function annotationOf(metadata: unknown, key: string): string | undefined {
  const annotations = isObject(metadata) && isObject(metadata.annotations) ? metadata.annotations : {};
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
