import { z } from "zod";
import { ByteBudget } from "../byte-budget.ts";
import { runsDhcpDaemon } from "../cross-checks/dhcp-daemon.ts";
import { askedOf, asksForDefault } from "../pod-request/asked.ts";
import type { Problem } from "../pod-request/go-json.ts";
import { networkStatusOf } from "../pod-request/network-status.ts";
import type { ParsedNetworks } from "../pod-request/request.ts";
import { MAX_REQUEST, UNREAD, type Unread } from "../pod-request/unread.ts";
import { packedStatus } from "./packed-status.ts";
import type { PodView } from "./pod-view.ts";
import { READ_FACTOR, RequestCache } from "./request-cache.ts";
import { podWithStatus, statusWriteOf } from "./status-write.ts";

/** Up to here a pod's texts count as part of the pod; what is longer is bounded by namespace. */
const SMALL = 1024 * READ_FACTOR;
/** Of all pods' long texts. */
const MAX_LONG_BYTES = { total: 32 * 1024 * 1024, perNamespace: 4 * 1024 * 1024 };

/** Not diagnosis/pod-schema.ts: of 100,000 pods, containers stay unparsed unless they show a time, and one that is odd loses no pod. */
const pod = z.object({
  metadata: podWithStatus.shape.metadata.extend({
    namespace: z.string(),
    name: z.string(),
    uid: z.string().default(""),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({ nodeName: z.string().default(""), hostNetwork: z.boolean().default(false) }).prefault({}),
  status: podWithStatus.shape.status
    .unwrap()
    .extend({ phase: z.string().default("Pending"), podIP: z.string().default("") })
    .prefault({}),
});
const daemon = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ command: z.array(z.string()).optional(), args: z.array(z.string()).optional() }),
    ),
  }),
});

/** What is read of a pod. */
export type ReadPod = z.output<typeof pod> & { spec: { containers: Containers } };
type Containers = Parameters<typeof runsDhcpDaemon>[0];

/** Makes views of pods, and limits the bytes of all that are kept. One instance for one store. */
export class PodViews {
  readonly #requests = new RequestCache();
  readonly #budget = new ByteBudget(MAX_LONG_BYTES);

  /**
   * The view of a pod, whose texts count as kept until the pod is forgotten. Undefined for one that asks for no network and
   * runs no dhcp daemon, of which nothing is kept. Throws a ZodError if the object is not a pod.
   */
  keep(object: unknown): PodView | undefined {
    const { annotations, namespace, name } =
      (object as { metadata?: Partial<z.input<typeof pod>["metadata"]> }).metadata ?? {};
    const containers = daemon.safeParse(object).data?.spec.containers ?? [];
    return this.#keep(`${namespace}/${name}`, askedOf(annotations ?? {}), containers, () =>
      pod.parse(object),
    );
  }

  /** The same of a pod whose fields were read already, and are known to be of these types. */
  keepRead(read: ReadPod): PodView | undefined {
    const { namespace, name, annotations } = read.metadata;
    return this.#keep(`${namespace}/${name}`, askedOf(annotations), read.spec.containers, () => read);
  }

  #keep(
    key: string,
    asked: string,
    containers: Containers,
    read: () => z.output<typeof pod>,
  ): PodView | undefined {
    const dhcpDaemon = runsDhcpDaemon(containers);
    if (asked === "" && !dhcpDaemon) {
      this.forget(key);
      return undefined;
    }
    const parsed = read();
    const { metadata, spec, status } = parsed;
    const annotation = networkStatusOf(metadata.annotations);
    const reported = annotation === undefined ? undefined : packedStatus(annotation, asksForDefault(asked));
    const fits = this.#fits(key, asked, reported);
    const { verified, attachedAt } = statusWriteOf(parsed);
    return {
      uid: metadata.uid,
      phase: status.phase,
      node: spec.nodeName,
      hostNetwork: spec.hostNetwork,
      hasAddress: status.podIP !== "",
      terminating: metadata.deletionTimestamp !== undefined,
      ...this.#asked(fits, asked, metadata.namespace),
      ...(reported === undefined ? {} : { reported: fits ? reported : UNREAD["namespace full"] }),
      ...(reported !== undefined && verified ? { verified } : {}),
      ...(reported === undefined || attachedAt === undefined ? {} : { attachedAt }),
      ...(dhcpDaemon ? { dhcpDaemon: true as const } : {}),
    };
  }

  /** Where Multus looks for a default network without a namespace. What is asked for is to be read again, see PodTable. */
  set multusNamespace(namespace: string | undefined) {
    this.#requests.multusNamespace = namespace;
  }

  /** The pod, by "namespace/name", is gone: others may hold what it held. */
  forget(pod: string): void {
    this.#budget.release(pod);
  }

  /** What a view's `asked` asks for, of a pod in this namespace. */
  request(asked: string, namespace: string): ParsedNetworks {
    return this.#requests.read(asked, namespace);
  }

  /** Whether a pod's texts may be kept. Those of ordinary length always are, and are not counted. */
  #fits(pod: string, asked: string, reported: string | Problem | undefined): boolean {
    const bytes =
      (asked.length > MAX_REQUEST ? 0 : asked.length) * READ_FACTOR +
      (typeof reported === "string" ? Buffer.byteLength(reported) : 0);
    if (bytes > SMALL) return this.#budget.hold(pod, bytes);
    this.#budget.release(pod);
    return true;
  }

  #asked(fits: boolean, asked: string, namespace: string): Pick<PodView, "asked" | "request" | "unread"> {
    if (!fits) return notRead("namespace full");
    if (asked.length > MAX_REQUEST) return notRead("request too large");
    return { asked, request: this.request(asked, namespace) };
  }
}

function notRead(unread: Unread): Pick<PodView, "asked" | "request" | "unread"> {
  return { asked: "", request: { ok: false, problem: UNREAD[unread] }, unread };
}
