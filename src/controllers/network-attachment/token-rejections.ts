import { partsOf } from "../../crds/namespaced-name.ts";
import { REJECTION_LASTS_MS } from "../../diagnosis/node-checks.ts";
import { type FailureView, rejectionOf } from "../../networks/outcome/sandbox-event.ts";
import type { TokenRejection } from "../shared/node-inspections.ts";

/** A kubelet's clock may be ahead of ours by this much; what lies further in the future is not evidence. */
const MAX_CLOCK_SKEW_MS = 86_400_000;
/** Events kept at a time: of a thousand rejections the newest few per node are enough. */
const MAX_EVENTS = 1000;
/** The kubelet tries a sandbox again after 10 to 15 s. */
const RECHECK_MS = 10_000;
/** Nodes and pods of each that are read again in one round: a key that is rotated makes all nodes' tokens fail. */
const MAX_RECHECKED_NODES = 100;
const MAX_RECHECKED_PODS = 3;
/** Pods read at a time: another event of a node comes soon, as long as the API server rejects the token. */
const MAX_VERIFYING = 10;

export interface RejectedPod {
  uid: string;
  node: string;
  /** See `startedWithMultus`. */
  startedAt?: number | undefined;
}

export interface TokenRejectionsOptions {
  /** A pod as the API server has it; undefined if it does not exist. May reject. */
  pod: (namespace: string, name: string) => Promise<RejectedPod | undefined>;
  /** Whether there is a node of that name; undefined while the nodes are not known. */
  hasNode: (name: string) => boolean | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds of a clock that is never set. */
  monotonic: () => number;
  /** The newest rejection on a node; undefined once no event reports one. */
  onChange: (node: string, rejection: TokenRejection | undefined) => void;
  /** A pod could not be read, so that its event does not count. */
  onError: (error: unknown) => void;
}

interface Rejection extends TokenRejection {
  node: string;
  /** "namespace/name" of its pod. */
  pod: string;
  uid: string;
}

/**
 * When the API server rejected Multus' token, by node, from the kubelets' events. Whoever may create events can forge one, so
 * an event counts only if its pod exists with that UID on that node and its time is not far in the future, and only as
 * long as the API server keeps it, and until a pod of such an event has a container that started later, in networks that Multus
 * reported: Multus' token is accepted then. The node's name can be forged as well: a pod is read only if the node exists, and at most ten
 * are read at the same time.
 */
export class TokenRejections {
  readonly #options: TokenRejectionsOptions;
  readonly #byEvent = new Map<string, Rejection>();
  /** The event that is being verified, by node: a kubelet repeats itself, so one at a time is enough. */
  readonly #verifying = new Map<string, string>();
  /** By node: when its token was accepted, by the kubelet's clock. */
  readonly #accepted = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #rechecked = 0;

  constructor(options: TokenRejectionsOptions) {
    this.#options = options;
  }

  /**
   * An event by its own key, as seen; undefined when it is gone. Resolves when it counts or is found not to.
   * @param isNew it came, or changed, a moment ago; otherwise only its time shows how old it is
   */
  async set(event: string, failure: FailureView | undefined, isNew: boolean): Promise<void> {
    const before = this.#byEvent.get(event);
    const at = failure && rejectionOf(failure);
    if (failure === undefined || at === undefined || failure.node === "") {
      for (const [node, verified] of this.#verifying) if (verified === event) this.#verifying.delete(node);
      if (this.#byEvent.delete(event) && before) this.#publish(before.node);
      return;
    }
    if (at > this.#options.now() + MAX_CLOCK_SKEW_MS || !this.#mayVerify(failure.node)) return;
    const age = isNew ? 0 : Math.max(0, this.#options.now() - at);
    const seenAt = before?.at === at ? before.seenAt : this.#options.monotonic() - age;
    const { node, pod, uid } = failure;
    this.#verifying.set(node, event);
    const isOfItsPod = await this.#isOfItsPod(failure);
    if (this.#verifying.get(node) !== event) return; // it is gone by now
    this.#verifying.delete(node);
    if (isOfItsPod) this.#keep(event, { node, pod, uid, at, seenAt });
  }

  /**
   * Reads the pods of rejections that still count again, one after the other: one that runs by now shows that its node's token
   * is accepted.
   */
  async recheck(): Promise<void> {
    const nodes = this.#rejectedNodes();
    const first = this.#rechecked % Math.max(nodes.length, 1);
    this.#rechecked = first + MAX_RECHECKED_NODES;
    const round = [...nodes.slice(first), ...nodes.slice(0, first)].slice(0, MAX_RECHECKED_NODES);
    for (const node of round) await this.#recheckNode(node);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #rejectedNodes(): string[] {
    const oldest = this.#options.monotonic() - REJECTION_LASTS_MS;
    const all = [...this.#byEvent.values()].filter((each) => each.seenAt > oldest && !this.#isOver(each));
    return [...new Set(all.map(({ node }) => node))];
  }

  async #recheckNode(node: string): Promise<void> {
    const rejections = [...this.#byEvent.values()].filter((each) => each.node === node).reverse();
    const pods = new Map(rejections.map(({ pod, uid }) => [uid, pod]));
    for (const [uid, pod] of [...pods].slice(0, MAX_RECHECKED_PODS)) {
      const found = await this.#read(pod);
      if (found?.uid !== uid || found.node !== node || found.startedAt === undefined) continue;
      if (found.startedAt <= (this.#accepted.get(node) ?? Number.NEGATIVE_INFINITY)) continue;
      this.#accepted.set(node, found.startedAt);
      this.#publish(node);
    }
  }

  #isOver({ node, at }: Rejection): boolean {
    return at < (this.#accepted.get(node) ?? Number.NEGATIVE_INFINITY);
  }

  #recheckLater(): void {
    if (this.#stopped || this.#rejectedNodes().length === 0) return;
    this.#timer ??= setTimeout(async () => {
      await this.recheck();
      this.#timer = undefined;
      this.#recheckLater();
    }, RECHECK_MS);
  }

  /** Nodes that are not known yet may exist. */
  #mayVerify(node: string): boolean {
    if (this.#verifying.has(node) || this.#verifying.size >= MAX_VERIFYING) return false;
    return this.#options.hasNode(node) !== false;
  }

  async #isOfItsPod({ pod, uid, node }: FailureView): Promise<boolean> {
    const found = await this.#read(pod);
    return found !== undefined && found.uid === uid && found.node === node;
  }

  async #read(pod: string): Promise<RejectedPod | undefined> {
    const { namespace, name } = partsOf(pod);
    try {
      return await this.#options.pod(namespace, name);
    } catch (error) {
      this.#options.onError(error);
      return undefined;
    }
  }

  #keep(event: string, rejection: Rejection): void {
    this.#byEvent.delete(event);
    if (this.#byEvent.size >= MAX_EVENTS) {
      const [oldest] = this.#byEvent;
      if (oldest) this.#byEvent.delete(oldest[0]);
      if (oldest && ![...this.#byEvent.values()].some(({ node }) => node === oldest[1].node))
        this.#accepted.delete(oldest[1].node);
    }
    this.#byEvent.set(event, rejection);
    this.#publish(rejection.node);
    this.#recheckLater();
  }

  /** An event with a forged time, past or future, must not hide the others: the newest time of those that still count. */
  #publish(node: string): void {
    const ofNode = [...this.#byEvent.values()].filter((each) => each.node === node);
    if (ofNode.length === 0) this.#accepted.delete(node);
    const all = ofNode.filter((each) => !this.#isOver(each));
    const seenAt = Math.max(...all.map((each) => each.seenAt));
    const current = all.filter((each) => seenAt - each.seenAt < REJECTION_LASTS_MS);
    const at = Math.max(...current.map((each) => each.at));
    this.#options.onChange(node, all.length === 0 ? undefined : { at, seenAt });
  }
}
