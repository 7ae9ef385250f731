import { setTimeout as sleep } from "node:timers/promises";
import { KubeClient, type RequestInfo } from "../../kube/client.ts";
import type { Connection } from "../../kube/connection.ts";
import { ApiError } from "../../kube/errors.ts";

const ATTEMPTS = 5;

/**
 * Repeats what the API server puts off (429 with Retry-After), as kubectl does: a busy one answers so, and
 * any for a moment after a CRD was created ("storage is (re)initializing"). Such a request was not carried out.
 */
export class RetryingClient extends KubeClient {
  readonly #headers: Readonly<Record<string, string | string[]>>;

  readonly #timeoutMs: number;

  /**
   * @param headers that every request has
   * @param timeoutMs longest time for one request and its answer; 0: no limit of its own
   */
  constructor(
    connection: Connection,
    headers: Readonly<Record<string, string | string[]>> = {},
    timeoutMs = 0,
  ) {
    super(connection);
    this.#headers = headers;
    this.#timeoutMs = timeoutMs;
  }

  override async request(info: RequestInfo): ReturnType<KubeClient["request"]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await super.request({
          ...info,
          ...this.#limit(info),
          headers: { ...this.#headers, ...info.headers },
        });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 429 || attempt === ATTEMPTS) throw error;
        await sleep(
          (error.retryAfterSeconds ?? 1) * 1000,
          undefined,
          info.signal ? { signal: info.signal } : {},
        );
      }
    }
  }

  /** A log that is followed (idleTimeoutMs: 0) goes on for as long as the user wants. */
  #limit({ signal, idleTimeoutMs }: RequestInfo): { signal?: AbortSignal } {
    if (this.#timeoutMs === 0 || idleTimeoutMs === 0) return signal ? { signal } : {};
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    return { signal: signal ? AbortSignal.any([signal, timeout]) : timeout };
  }
}
