import { createHash } from "node:crypto";
import { parseAsked } from "../pod-request/asked.ts";
import type { ParsedNetworks } from "../pod-request/request.ts";

/** A pod that asks for more than these, of which Multus would make an interface each, is evaluated by the first. */
const MAX_REQUESTS = 64;
/** Bytes that requests take before they are forgotten: pods that have them go on having them. */
const MAX_CACHED_BYTES = 4 * 1024 * 1024;
/** Of an entry of a map, bytes. */
const ENTRY_OVERHEAD = 256;
/** How much larger a request is once it is read. */
export const READ_FACTOR = 8;

/** Reads requests. The pods of one workload carry the same, and it is read once. */
export class RequestCache {
  readonly #requests = new Map<string, ParsedNetworks>();
  #bytes = 0;
  #multusNamespace: string | undefined;

  /** See parseDefaultNetwork. What was read before is read again. */
  set multusNamespace(namespace: string | undefined) {
    if (this.#multusNamespace === namespace) return;
    this.#multusNamespace = namespace;
    this.#requests.clear();
    this.#bytes = 0;
  }

  /** What a text of `askedOf` asks for, of a pod in this namespace. */
  read(asked: string, namespace: string): ParsedNetworks {
    const text = `${namespace} ${asked}`;
    const key = text.length <= 128 ? text : createHash("sha256").update(text).digest("base64");
    const known = this.#requests.get(key);
    if (known) return known;
    const parsed = parseAsked(asked, namespace, this.#multusNamespace);
    const kept: ParsedNetworks = parsed.ok
      ? { ok: true, requests: parsed.requests.slice(0, MAX_REQUESTS) }
      : parsed;
    const bytes = asked.length * READ_FACTOR + key.length + ENTRY_OVERHEAD;
    this.#bytes += bytes;
    if (this.#bytes > MAX_CACHED_BYTES) {
      this.#requests.clear();
      this.#bytes = bytes;
    }
    this.#requests.set(key, kept);
    return kept;
  }
}
