import { type ApiObject, PODS } from "../../../kube/resource.ts";
import { UsageError } from "../errors.ts";
import type { Session } from "../session.ts";
import { podLog } from "./node-log.ts";
import type { LogRange } from "./reader-pod.ts";

/** Copies the output of the Multus pod on a node. Throws a UsageError if there is none. */
export async function readPodLog(
  { client }: Session,
  { namespace, node }: { namespace: string; node: string },
  range: LogRange,
  write: (chunk: Buffer) => void,
): Promise<void> {
  const { items } = await client.list<ApiObject>(PODS, {
    namespace,
    labelSelector: "app=multus,name=multus",
    fieldSelector: `spec.nodeName=${node}`,
  });
  const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? items[0];
  if (!pod)
    throw new UsageError(
      `no Multus pod runs on ${node}: kubectl multus nodes and kubectl multus status show where one should, and why it does not`,
    );
  const ref = { type: PODS, namespace, name: pod.metadata.name };
  const wanted = { container: "kube-multus", follow: range.follow, tail: range.lines };
  if (range.follow) await podLog(client, ref, { ...wanted, write });
  else {
    const end = new ByteWindow(range.bytes);
    await podLog(client, ref, { ...wanted, write: (chunk) => end.add(chunk) });
    write(end.content());
  }
}

/** The last bytes of a stream. (The API's limitBytes would give the first.) */
export class ByteWindow {
  readonly #size: number;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length - (this.#chunks[0]?.length ?? 0) >= this.#size)
      this.#length -= this.#chunks.shift()?.length ?? 0;
  }

  content(): Buffer {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#size));
  }
}
