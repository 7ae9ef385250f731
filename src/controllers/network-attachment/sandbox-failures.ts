import type { FailureView } from "../../networks/outcome/sandbox-event.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";

/** The latest failure to set each pod's sandbox up, by the kubelets' events. */
export class SandboxFailures {
  readonly #byEvent = new Map<string, FailureView>();
  readonly #byPod = new Map<string, FailureView>();
  readonly #onPod: (key: string) => void;

  /** @param onPod called with each pod, by "namespace/name", whose latest failure changed */
  constructor(onPod: (key: string) => void) {
    this.#onPod = onPod;
  }

  of(podUid: string): SandboxFailure | undefined {
    return this.#byPod.get(podUid);
  }

  /** An event by its own key, as seen; undefined when it is gone: the API server keeps events for an hour. */
  set(event: string, failure: FailureView | undefined): void {
    const before = this.#byEvent.get(event);
    if (failure) this.#byEvent.set(event, failure);
    else this.#byEvent.delete(event);
    const { uid, pod } = failure ?? before ?? {};
    if (uid === undefined || pod === undefined) return;
    const latest = this.#byPod.get(uid);
    if (!failure) {
      if (latest !== before) return;
      this.#byPod.delete(uid);
    } else {
      if (latest && latest.at > failure.at) return;
      this.#byPod.set(uid, failure);
      if (latest?.message === failure.message) return;
    }
    this.#onPod(pod);
  }
}
