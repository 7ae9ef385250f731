import { collectionPath, PODS } from "../../../src/kube/resource.ts";
import type { World } from "../../integration/networks/world.ts";

const PAGE = 500;
const ACCEPT = { json: "application/json", protobuf: "application/vnd.kubernetes.protobuf" };
/** Of a page, the beginning: the list's own metadata comes first. */
const HEAD = 4096;

/** Reads all pods in pages of 500, one after another, and throws away all but the token of the next page. */
export async function rawList(
  world: World,
  encoding: keyof typeof ACCEPT,
): Promise<{ ms: number; items: number; bytes: number }> {
  const started = performance.now();
  let next: string | undefined;
  let bytes = 0;
  let pages = 0;
  do {
    const { body } = await world.client.request({
      method: "GET",
      path: collectionPath(PODS),
      query: { limit: String(PAGE), ...(next ? { continue: next } : {}) },
      accept: ACCEPT[encoding],
    });
    let head = "";
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (head.length < HEAD) head += chunk.toString("latin1", 0, HEAD);
      bytes += chunk.length;
    }
    pages++;
    next = tokenOf(head, encoding);
  } while (next !== undefined);
  return { ms: performance.now() - started, items: pages * PAGE, bytes };
}

function tokenOf(head: string, encoding: keyof typeof ACCEPT): string | undefined {
  if (encoding === "json") return /"continue":"([^"]+)"/.exec(head)?.[1];
  // A token is base64 of JSON that begins with {"v":"meta; in protobuf it is a string after its length.
  return /eyJ2IjoibWV0Y[\w=-]+/.exec(head)?.[0];
}
