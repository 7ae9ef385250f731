import { setTimeout as sleep } from "node:timers/promises";
import { KubeClient, type RequestInfo } from "../../kube/client.ts";
import type { Connection } from "../../kube/connection.ts";
import { ApiError } from "../../kube/errors.ts";

const ATTEMPTS = 5;

/**
 * Tries again what the API server puts off (429 with Retry-After), as kubectl does: a busy one answers so, and
 * any for a moment after a CRD was created ("storage is (re)initializing"). Such a request was not carried out.
 */
export class RetryingClient extends KubeClient {
  readonly #headers: Readonly<Record<string, string | string[]>>;

  /** @param headers that every request has */
  constructor(connection: Connection, headers: Readonly<Record<string, string | string[]>> = {}) {
    super(connection);
    this.#headers = headers;
  }

  override async request(info: RequestInfo): ReturnType<KubeClient["request"]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await super.request({ ...info, headers: { ...this.#headers, ...info.headers } });
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
}
