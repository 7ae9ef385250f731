import type { NotSynced } from "../../kube/errors.ts";
import type { Reflector } from "../../kube/watch/reflector.ts";
import { Listeners } from "./listeners.ts";
import type { Synced } from "./synced.ts";

/** The one watch of a kind: whether its objects are known, and who is notified when that changes. */
export abstract class ReflectorCache<T> implements Synced {
  protected abstract readonly reflector: Reflector<T>;
  protected readonly syncs = new Listeners();

  /** `listener` is called when it has changed whether the objects are known. */
  onSync(listener: () => void): void {
    this.syncs.add(listener);
  }

  start(): void {
    this.reflector.start();
  }

  async stop(): Promise<void> {
    await this.reflector.stop();
  }

  /** Throws a NotSynced on stop, abort and timeout. */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    await this.reflector.whenSynced(signal, timeoutMs);
  }

  /** Why they are not known, if the server forbids it. */
  get rejection(): NotSynced | undefined {
    return this.reflector.rejection;
  }
}
