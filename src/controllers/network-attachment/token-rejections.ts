import { type FailureView, rejectionOf } from "../../networks/outcome/sandbox-event.ts";

/** A kubelet's clock may be ahead of ours by this much; what lies further in the future is not evidence. */
const MAX_CLOCK_SKEW_MS = 60_000;
/** Events kept at a time: of a thousand rejections the newest few per node are enough. */
const MAX_EVENTS = 1000;

export interface TokenRejectionsOptions {
  /** UID and node of a pod as the API server has it; undefined if it does not exist. May reject. */
  pod: (namespace: string, name: string) => Promise<{ uid: string; node: string } | undefined>;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The newest rejection on a node, ms since 1970; undefined once no event reports one. */
  onChange: (node: string, rejectedAt: number | undefined) => void;
  /** A pod could not be read, so that its event does not count. */
  onError: (error: unknown) => void;
}

interface Rejection {
  node: string;
  /** ms since 1970 */
  at: number;
}

/**
 * When the API server rejected Multus' token, by node, from the kubelets' events. Whoever may create events can forge one, so
 * an event counts only if its pod exists with that UID on that node and its time is not in the future, and only as
 * long as the API server keeps it.
 */
export class TokenRejections {
  readonly #options: TokenRejectionsOptions;
  readonly #byEvent = new Map<string, Rejection>();
  /** The event that is being verified, by node: a kubelet repeats itself, so one at a time is enough. */
  readonly #verifying = new Map<string, string>();

  constructor(options: TokenRejectionsOptions) {
    this.#options = options;
  }

  /** An event by its own key, as seen; undefined when it is gone. Resolves when it counts or is found not to. */
  async set(event: string, failure: FailureView | undefined): Promise<void> {
    const before = this.#byEvent.get(event);
    const at = failure && rejectionOf(failure);
    if (failure === undefined || at === undefined || failure.node === "") {
      if (this.#byEvent.delete(event) && before) this.#publish(before.node);
      return;
    }
    if (at > this.#options.now() + MAX_CLOCK_SKEW_MS || this.#verifying.has(failure.node)) return;
    this.#verifying.set(failure.node, event);
    try {
      if (await this.#isOfItsPod(failure)) this.#keep(event, { node: failure.node, at });
    } finally {
      this.#verifying.delete(failure.node);
    }
  }

  async #isOfItsPod({ pod, uid, node }: FailureView): Promise<boolean> {
    const [namespace = "", name = ""] = pod.split("/");
    try {
      const found = await this.#options.pod(namespace, name);
      return found !== undefined && found.uid === uid && found.node === node;
    } catch (error) {
      this.#options.onError(error);
      return false;
    }
  }

  #keep(event: string, { node, at }: Rejection): void {
    this.#byEvent.delete(event);
    if (this.#byEvent.size >= MAX_EVENTS) {
      const [oldest] = this.#byEvent.keys();
      if (oldest !== undefined) this.#byEvent.delete(oldest);
    }
    this.#byEvent.set(event, { node, at: Math.min(at, this.#options.now()) });
    this.#publish(node);
  }

  #publish(node: string): void {
    const times = [...this.#byEvent.values()].filter((each) => each.node === node).map(({ at }) => at);
    this.#options.onChange(node, times.length === 0 ? undefined : Math.max(...times));
  }
}
