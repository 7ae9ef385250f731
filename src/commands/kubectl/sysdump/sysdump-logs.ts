import { oneLine, printable } from "../../../display/text.ts";
import { ApiError, NetworkError } from "../../../kube/errors.ts";
import { PODS } from "../../../kube/resource.ts";
import type { PermittedReader } from "../cluster/permitted-reader.ts";
import { podLog } from "../logs/node-log.ts";
import { ByteWindow } from "../logs/pod-log.ts";

/** Of one container. */
const MAX_BYTES = 1 << 20;
const MAX_LINES = 5000;

interface LogPod {
  namespace: string;
  name: string;
  containers: readonly string[];
}

export interface LogDump {
  files: Map<string, string>;
  /** "pod kube-system/multus-x, container kube-multus: …" */
  problems: string[];
}

/** The end of the logs of all containers of these pods. One that cannot be read becomes a problem. */
export async function dumpedLogs(
  reader: PermittedReader,
  where: { namespace?: string; labelSelector?: string },
  maxPods: number,
): Promise<LogDump> {
  const dump: LogDump = { files: new Map(), problems: [] };
  const pods = (await reader.all(PODS, where, logPod)) ?? [];
  for (const { namespace, name, containers } of pods.slice(0, maxPods))
    for (const container of containers) {
      try {
        const end = new ByteWindow(MAX_BYTES);
        const ref = { type: PODS, namespace, name };
        const write = (chunk: Buffer) => end.add(chunk);
        await podLog(reader.client, ref, { container, follow: false, tail: MAX_LINES, write });
        dump.files.set(`logs/${name.slice(-80)}/${container}.log`, printable(end.content().toString()));
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
        dump.problems.push(
          `log of pod ${namespace}/${name}, container ${container}: ${oneLine(error.message)}`,
        );
      }
    }
  if (pods.length > maxPods)
    dump.problems.push(`logs of ${pods.length - maxPods} more pods are left out: --max-pods is ${maxPods}`);
  return dump;
}

function logPod(object: { metadata: { name: string; namespace?: string }; [key: string]: unknown }): LogPod {
  const { containers = [] } = (object.spec ?? {}) as { containers?: { name: string }[] };
  const { name, namespace = "" } = object.metadata;
  return { namespace, name, containers: containers.map((container) => container.name) };
}
