import { activeInstall } from "../../crds/multus-install/active-install.ts";
import { MULTUS_INSTALL } from "../../crds/multus-install/multus-install.ts";
import type { KubeClient } from "../../kube/client.ts";
import { type ApiObject, apiVersionOf } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { Listeners } from "./listeners.ts";
import { NewestCopies } from "./newest-copies.ts";
import { ReflectorCache } from "./reflector-cache.ts";

/** All MultusInstalls: the one watch of them. */
export class InstallCache extends ReflectorCache<ApiObject> {
  protected readonly reflector: Reflector<ApiObject>;
  readonly #newest = new NewestCopies((name) => this.reflector.get(name));
  readonly #changes = new Listeners<[name: string, install: ApiObject | undefined]>();

  constructor(client: KubeClient, log: Logger) {
    super();
    this.reflector = new Reflector<ApiObject>({
      client,
      log,
      type: MULTUS_INSTALL,
      // The items of a list carry neither.
      project: (object) => ({
        ...object,
        apiVersion: apiVersionOf(MULTUS_INSTALL),
        kind: MULTUS_INSTALL.kind,
      }),
      onChange: (name, install) => this.#changes.notify(name, install),
      onSync: () => this.syncs.notify(),
    });
  }

  /** `listener` is called with each install that changed; undefined if it is gone. */
  onChange(listener: (name: string, install: ApiObject | undefined) => void): void {
    this.#changes.add(listener);
  }

  get isListed(): boolean {
    return this.reflector.isListed;
  }

  /** The newest that is known, by the watch or by an answer to `wrote`. */
  get(name: string): ApiObject | undefined {
    return this.#newest.get(name);
  }

  values(): ApiObject[] {
    return this.reflector.values();
  }

  /** The one that takes effect, as the watch shows it. */
  get active(): ApiObject | undefined {
    return activeInstall(this.reflector.values());
  }

  /** To be called with each answer that shows a MultusInstall: to a write of it or of its status, or to a read. */
  wrote(answer: ApiObject): void {
    this.#newest.wrote(answer.metadata.name, answer);
  }
}
