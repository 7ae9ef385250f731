import type { FailureView } from "../../networks/outcome/sandbox-event.ts";
import type { SandboxFailure } from "../../networks/outcome/sandbox-failure.ts";

/**
 * The latest failure to set each pod's sandbox up, by the kubelets' events. An event may be forged, or
 * changed so that it names another pod. So only its newest version is kept, and it counts only for a pod in the event's namespace.
 */
export class SandboxFailures {
  /** Of each event, the pod that it is about. */
  readonly #podOf = new Map<string, string>();
  /** Of each pod, its failures by event. */
  readonly #byPod = new Map<string, Map<string, FailureView>>();
  readonly #onPod: (key: string) => void;

  /** @param onPod called with each pod, by "namespace/name", whose latest failure changed */
  constructor(onPod: (key: string) => void) {
    this.#onPod = onPod;
  }

  /** @param pod "namespace/name" */
  of(pod: string, uid: string): SandboxFailure | undefined {
    return latestOf(this.#byPod.get(keyOf({ pod, uid })));
  }

  /** An event by its own key, as seen; undefined when it is gone: the API server keeps events for an hour. */
  set(event: string, failure: FailureView | undefined): void {
    const before = this.#podOf.get(event);
    const after = failure && keyOf(failure);
    if (before !== undefined && before !== after) this.#forget(event, before);
    if (!failure || after === undefined) return;
    const failures = this.#byPod.get(after) ?? new Map<string, FailureView>();
    const latest = latestOf(failures);
    failures.set(event, failure);
    this.#byPod.set(after, failures);
    this.#podOf.set(event, after);
    if (latest?.message !== latestOf(failures)?.message) this.#onPod(failure.pod);
  }

  #forget(event: string, pod: string): void {
    this.#podOf.delete(event);
    const failures = this.#byPod.get(pod);
    const latest = latestOf(failures);
    failures?.delete(event);
    if (failures?.size === 0) this.#byPod.delete(pod);
    if (latest && latest.message !== latestOf(failures)?.message) this.#onPod(latest.pod);
  }
}

function keyOf({ pod, uid }: Pick<FailureView, "pod" | "uid">): string {
  return `${pod} ${uid}`;
}

function latestOf(failures: ReadonlyMap<string, FailureView> | undefined): FailureView | undefined {
  let latest: FailureView | undefined;
  for (const failure of failures?.values() ?? []) if (!latest || failure.at >= latest.at) latest = failure;
  return latest;
}
