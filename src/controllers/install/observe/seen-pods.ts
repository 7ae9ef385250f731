import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { agesByClock, type PodAges } from "../../../diagnosis/pod-ages.ts";
import { SeenSince } from "../../shared/seen-since.ts";

/** Kubernetes' own terminationGracePeriodSeconds, for a pod that does not show it. */
const GRACE_SECONDS = 30;

interface Ages {
  existing: number;
  ready: number;
  running: number;
  overdue: number;
}

const NEW: Ages = { existing: 0, ready: 0, running: 0, overdue: -GRACE_SECONDS };

/**
 * What this process knows of Multus' pods beyond what their watch shows: which of them it has deleted, and
 * their ages as it has observed them. After a restart ages begin again at zero: a wait that is a few minutes longer does
 * less harm than one that a wrong clock ends at once, or never. The exception is a container that already ran again when its
 * pod was first seen: otherwise each restart would report pods that crashed last week.
 */
export class SeenPods {
  readonly #existing: SeenSince;
  readonly #ready: SeenSince;
  readonly #running: SeenSince;
  readonly #ending: SeenSince;
  /** UIDs. */
  readonly #deleted = new Set<string>();
  /** Of each pod that anything is known of. */
  readonly #namespaces = new Map<string, string>();

  /** @param now ms of a clock that is never set */
  constructor(now: () => number = () => performance.now()) {
    [this.#existing, this.#ready, this.#running, this.#ending] = [
      new SeenSince(now),
      new SeenSince(now),
      new SeenSince(now),
      new SeenSince(now),
    ];
  }

  /** To be called once the API server has accepted the deletion of the pod. */
  deleted({ uid, namespace }: Pick<MultusPodHealth, "uid" | "namespace">): void {
    this.#deleted.add(uid);
    this.#namespaces.set(uid, namespace);
  }

  /**
   * The pods as the watch shows them, and terminating if they were deleted since: a watch that hangs shows that late, and each
   * reconcile until then would delete them again.
   */
  newest(watched: readonly MultusPodHealth[]): readonly MultusPodHealth[] {
    return watched.map((pod) => (this.#deleted.has(pod.uid) ? { ...pod, terminating: true } : pod));
  }

  /**
   * The ages of these pods at this moment; all others of these namespaces are forgotten. Those of other namespaces are another
   * install's: one may be deleted while another is rolled out.
   * @param namespaces all of whose pods these are
   * @param now the wall clock
   */
  ages(pods: readonly MultusPodHealth[], namespaces: ReadonlySet<string>, now: Date): PodAges {
    const uids = new Set(pods.map(({ uid }) => uid));
    for (const [uid, namespace] of this.#namespaces)
      if (namespaces.has(namespace) && !uids.has(uid)) this.#forget(uid);
    for (const { uid, namespace } of pods) this.#namespaces.set(uid, namespace);
    const byClock = agesByClock(now);
    const ages = new Map(pods.map((pod) => [pod.uid, this.#agesOf(pod, byClock)]));
    const of = ({ uid }: MultusPodHealth) => ages.get(uid) ?? NEW;
    return {
      existing: (pod) => of(pod).existing,
      ready: (pod) => of(pod).ready,
      running: (pod) => of(pod).running,
      overdue: (pod) => of(pod).overdue,
    };
  }

  #forget(uid: string): void {
    for (const seen of [this.#existing, this.#ready, this.#running, this.#ending]) seen.forget(uid);
    this.#deleted.delete(uid);
    this.#namespaces.delete(uid);
  }

  #agesOf(pod: MultusPodHealth, byClock: PodAges): Ages {
    const { uid, ready, readySince = "", terminating, graceSeconds = GRACE_SECONDS, issue } = pod;
    const existing = this.#existing.seconds(uid, "");
    const since = issue?.runningSince;
    // What has changed since the pod was first seen is known: only of what came before that, its times are all there is.
    const before = existing === 0 ? Math.max(0, byClock.running(pod)) || 0 : 0;
    return {
      existing,
      ready: ready ? this.#ready.seconds(uid, readySince) : forgotten(this.#ready, uid),
      running:
        since === undefined
          ? forgotten(this.#running, uid)
          : this.#running.seconds(uid, `${issue?.container} ${since}`, before),
      overdue: terminating
        ? this.#ending.seconds(uid, "") - graceSeconds
        : forgotten(this.#ending, uid) - graceSeconds,
    };
  }
}

function forgotten(seen: SeenSince, uid: string): 0 {
  seen.forget(uid);
  return 0;
}
