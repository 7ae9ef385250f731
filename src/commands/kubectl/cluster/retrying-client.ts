import { setTimeout as sleep } from "node:timers/promises";
import { KubeClient, type RequestInfo } from "../../../kube/client.ts";
import type { Connection } from "../../../kube/connection.ts";
import { ApiError } from "../../../kube/errors.ts";

const ATTEMPTS = 5;

interface RetryingOptions {
  /** Longest time for one request and its answer; 0: no further limit. */
  timeoutMs?: number;
  /** Called with the status, or 0 if no answer came. */
  onAnswer?: (request: RequestInfo, status: number, milliseconds: number) => void;
}

/**
 * Repeats what the API server puts off (429 with Retry-After), as kubectl does: a busy one answers so, and
 * any for a moment after a CRD was created ("storage is (re)initializing"). Such a request was not carried out.
 */
export class RetryingClient extends KubeClient {
  readonly #options: RetryingOptions;

  constructor(connection: Connection, options: RetryingOptions = {}) {
    super(connection);
    this.#options = options;
  }

  override async request(info: RequestInfo): ReturnType<KubeClient["request"]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once({ ...info, ...this.#limit(info) });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 429 || attempt === ATTEMPTS) throw error;
        const waited = sleep(
          (error.retryAfterSeconds ?? 1) * 1000,
          undefined,
          info.signal ? { signal: info.signal } : {},
        );
        await waited.catch(() => {
          throw error; // out of time: this is why
        });
      }
    }
  }

  async #once(info: RequestInfo): ReturnType<KubeClient["request"]> {
    const started = performance.now();
    const answered = (status: number) => this.#options.onAnswer?.(info, status, performance.now() - started);
    try {
      const response = await super.request(info);
      answered(response.statusCode);
      return response;
    } catch (error) {
      answered(error instanceof ApiError ? error.status : 0);
      throw error;
    }
  }

  /** A log that is followed (idleTimeoutMs: 0) goes on for as long as the user wants. */
  #limit({ signal, idleTimeoutMs }: RequestInfo): { signal?: AbortSignal } {
    const { timeoutMs = 0 } = this.#options;
    if (timeoutMs === 0 || idleTimeoutMs === 0) return signal ? { signal } : {};
    const timeout = AbortSignal.timeout(timeoutMs);
    return { signal: signal ? AbortSignal.any([signal, timeout]) : timeout };
  }
}
