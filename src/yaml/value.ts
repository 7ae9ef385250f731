import { YamlError } from "./errors.ts";
import { type AliasNode, type MappingNode, type Node, resolved, type ScalarNode } from "./node.ts";
import { type ScalarType, type ScalarValue, scalarValue } from "./scalar-value.ts";

/** A key that an object has twice: kubectl takes the last. */
export interface DuplicateKey {
  path: (string | number)[];
  /** Of the last in the source. */
  offset: number;
}

/**
 * go-yaml's bound against aliases that multiply: the part of all values that may come from aliases, by how many
 * values there are.
 */
const FEW_VALUES = 400_000;
const MANY_VALUES = 4_000_000;
/** Text that aliases may repeat: go-yaml shares it, what is printed does not. */
export const MAX_REPEATED_TEXT = 32 << 20;
const MAX_DUPLICATES = 100;

/** The JSON value that kubectl makes of a document. Throws YamlError if it makes none. */
export function jsonValueOf(root: Node): { value: unknown; duplicates: DuplicateKey[] } {
  const reading = new Reading();
  const value = reading.value(root);
  return { value, duplicates: reading.duplicates };
}

class Reading {
  readonly duplicates: DuplicateKey[] = [];
  readonly #path: (string | number)[] = [];
  readonly #open = new Set<AliasNode>();
  #values = 0;
  #fromAliases = 0;
  #repeatedText = 0;

  value(node: Node): unknown {
    this.#count(node);
    switch (node.kind) {
      case "alias":
        return this.#within(node, () => this.value(node.target));
      case "scalar":
        return inJson(this.#scalar(node).value, node.start);
      case "sequence":
        return node.items.map((item, index) => this.#at(index, () => this.value(item)));
      case "mapping": {
        const object: Record<string, unknown> = {};
        this.#fill(object, node);
        return object;
      }
    }
  }

  #fill(object: Record<string, unknown>, { pairs }: MappingNode): void {
    const own = new Set<string>();
    for (const { key, value } of pairs) {
      if (isMerge(key)) {
        this.#merge(object, value);
        continue;
      }
      const name = this.#key(key);
      if (own.has(name)) this.#duplicate(name, key.start);
      own.add(name);
      set(
        object,
        name,
        this.#at(name, () => this.value(value)),
      );
    }
  }

  /** `<<` sets its fields where it stands: those before it are replaced, those after it replace. */
  #merge(object: Record<string, unknown>, source: Node): void {
    // Of a list the first takes precedence.
    const sources = source.kind === "sequence" ? source.items.toReversed() : [source];
    for (const one of sources) {
      const target = one.kind === "alias" ? one.target : one;
      if (target.kind !== "mapping")
        throw new YamlError('"<<" merges a mapping, or a list of them', one.start);
      this.#count(one);
      if (one.kind !== "alias") this.#fill(object, target);
      else
        this.#within(one, () => {
          this.#count(target);
          this.#fill(object, target);
        });
    }
  }

  #key(node: Node): string {
    this.#count(node);
    if (node.kind === "alias") return this.#within(node, () => this.#key(node.target));
    if (node.kind !== "scalar")
      throw new YamlError("a key must be a string, not a list or a mapping", node.start);
    const { type, value } = this.#scalar(node);
    if (type === "null" || type === "uint")
      throw new YamlError(
        type === "null" ? "a key is missing, or is null" : "a key that is a number too large for JSON",
        node.start,
      );
    return keyText(type, value);
  }

  #scalar(node: ScalarNode) {
    if (this.#open.size > 0) {
      this.#repeatedText += node.value.length;
      if (this.#repeatedText > MAX_REPEATED_TEXT)
        throw new YamlError("aliases repeat more text than a file may hold", node.start);
    }
    return scalarValue(node);
  }

  #within<T>(alias: AliasNode, read: () => T): T {
    if (this.#open.has(alias))
      throw new YamlError(`the anchor "&${alias.name}" contains itself`, alias.start);
    this.#open.add(alias);
    const found = read();
    this.#open.delete(alias);
    return found;
  }

  #at<T>(part: string | number, read: () => T): T {
    this.#path.push(part);
    const found = read();
    this.#path.pop();
    return found;
  }

  #duplicate(name: string, offset: number): void {
    if (this.#open.size === 0 && this.duplicates.length < MAX_DUPLICATES)
      this.duplicates.push({ path: [...this.#path, name], offset });
  }

  #count(node: Node): void {
    this.#values++;
    if (this.#open.size > 0) this.#fromAliases++;
    if (this.#fromAliases <= 100 || this.#values <= 1_000) return;
    const range = Math.min(Math.max((this.#values - FEW_VALUES) / (MANY_VALUES - FEW_VALUES), 0), 1);
    if (this.#fromAliases / this.#values > 0.99 - 0.89 * range)
      throw new YamlError("too many values come from aliases", node.start);
  }
}

function inJson(value: ScalarValue, start: number): ScalarValue {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new YamlError("a number that JSON does not have", start);
  return value;
}

function isMerge(key: Node): boolean {
  return (
    key.kind === "scalar" && key.value === "<<" && (key.implicit || key.tag === "tag:yaml.org,2002:merge")
  );
}

/** The value of a field on the way to `path`, and the key that it stands behind, as the last of that name gives it. */
export function childOf(parent: Node, part: string | number): { value: Node; key?: Node } | undefined {
  const node = resolved(parent);
  if (node.kind === "sequence") {
    const value = typeof part === "number" ? node.items[part] : undefined;
    return value && { value };
  }
  if (node.kind !== "mapping") return undefined;
  for (const { key, value } of node.pairs.toReversed()) {
    const found = isMerge(key) ? mergedChildOf(value, part) : undefined;
    if (found) return found;
    if (!isMerge(key) && nameOf(key) === String(part)) return { value, key };
  }
  return undefined;
}

function mergedChildOf(merged: Node, part: string | number): ReturnType<typeof childOf> {
  for (const source of merged.kind === "sequence" ? merged.items : [merged]) {
    const found = childOf(source, part);
    if (found) return found;
  }
  return undefined;
}

function nameOf(key: Node): string | undefined {
  const node = resolved(key);
  if (node.kind !== "scalar") return undefined;
  const { type, value } = scalarValue(node);
  return keyText(type, value);
}

function keyText(type: ScalarType, value: unknown): string {
  return type === "float" ? singlePrecision(value as number) : String(value);
}

/** Go's FormatFloat(value, 'g', -1, 32): the shortest that reads as the same single-precision number. */
function singlePrecision(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return ".nan";
  if (!Number.isFinite(single)) return single > 0 ? ".inf" : "-.inf";
  const shortest = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((digits) => single.toExponential(digits - 1))
    .find((text) => Math.fround(Number(text)) === single);
  const [mantissa = "", exponent = ""] = (shortest ?? "").split("e");
  const power = Number(exponent);
  const sign = Object.is(single, -0) ? "-" : "";
  // Within these bounds JavaScript writes the digits out, too.
  if (power >= -4 && power < 6) return sign + String(Number(shortest));
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** Also a field "__proto__" is one like others. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}
