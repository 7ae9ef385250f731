import { type Entry, entries, putEach } from "./etcd.ts";

/** Where the API server keeps all objects. */
const OBJECTS = "/registry/";
/** What an API server writes while it runs, to show that it does. */
const SIGNS_OF_LIFE = ["/registry/leases/kube-system/apiserver-", "/registry/peerserverleases/"];
/** The API server creates and deletes these itself, as CRDs come and go. */
const API_SERVICES = "/registry/apiregistration.k8s.io/apiservices/";

/** Keys of etcd that are not as they were. */
export interface Difference {
  added: string[];
  changed: string[];
  removed: string[];
}

export function isNone({ added, changed, removed }: Difference): boolean {
  return added.length + changed.length + removed.length === 0;
}

/** The versions of API groups ("v1.example.com") that API servers serve for CRDs of a difference. */
export function addedVersions({ added }: Difference): string[] {
  return added.filter((key) => key.startsWith(API_SERVICES)).map((key) => key.slice(API_SERVICES.length));
}

/** All objects of a control plane at one moment, to which etcd can be brought back. */
export class BaseLine {
  readonly #etcd: string;
  /** By key; the revision is that of the last write with this value. */
  readonly #entries: Map<string, Entry>;

  private constructor(etcd: string, all: Map<string, Entry>) {
    this.#etcd = etcd;
    this.#entries = all;
  }

  static async of(etcd: string): Promise<BaseLine> {
    return new BaseLine(etcd, await objects(etcd, true));
  }

  async difference(): Promise<Difference> {
    const now = await objects(this.#etcd, false);
    const isOther = ([key, { revision }]: readonly [string, Entry]) =>
      this.#entries.has(key) && this.#entries.get(key)?.revision !== revision;
    return {
      added: [...now.keys()].filter((key) => !this.#entries.has(key)),
      changed: [...now].filter(isOther).map(([key]) => key),
      removed: [...this.#entries.keys()].filter((key) => !now.has(key)),
    };
  }

  /**
   * Deletes what is new and writes back what is not as it was, except what the API server deletes itself. Returns the
   * difference that it found: what the API server does meanwhile is the difference of the next call.
   */
  async restore(): Promise<Difference> {
    const found = await this.difference();
    const lost = [...found.changed, ...found.removed];
    const values = lost.map((key) => [key, this.#entries.get(key)?.value ?? Buffer.of()] as const);
    const surplus = found.added.filter((key) => !key.startsWith(API_SERVICES));
    await putEach(this.#etcd, values, surplus);
    if (lost.length > 0) await this.#learnRevisions(lost);
    return found;
  }

  async #learnRevisions(keys: readonly string[]): Promise<void> {
    const now = await objects(this.#etcd, true);
    for (const key of keys) {
      const entry = now.get(key);
      if (entry && this.#entries.get(key)?.value.equals(entry.value)) this.#entries.set(key, entry);
    }
  }
}

async function objects(etcd: string, withValues: boolean): Promise<Map<string, Entry>> {
  const all = await entries(etcd, OBJECTS, withValues);
  return new Map([...all].filter(([key]) => !SIGNS_OF_LIFE.some((prefix) => key.startsWith(prefix))));
}
