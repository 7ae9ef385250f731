import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../crds/network-attachment-definition.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isStopped, type NotSynced } from "../../kube/errors.ts";
import { type ApiObject, CUSTOM_RESOURCE_DEFINITIONS } from "../../kube/resource.ts";
import { Reflector } from "../../kube/watch/reflector.ts";
import { type NadView, nadView } from "../../networks/nad-view.ts";
import { NETWORK_DEFINITION } from "../../render/definition.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { Listeners } from "./listeners.ts";
import { NadBudget } from "./nad-budget.ts";
import type { Synced } from "./synced.ts";

/**
 * All NADs: the one watch of them, for as long as their CRD exists. It comes with the first MultusInstall, and may go
 * with the last.
 */
export class NadCache implements Synced {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #changes = new Listeners<[key: string]>();
  readonly #lists = new Listeners();
  readonly #syncs = new Listeners();
  readonly #definition: Reflector<boolean>;
  #nads: Reflector<NadView> | undefined;
  /** True while there are none to be listed, too. */
  #listed = true;
  #stopped = false;

  constructor(client: KubeClient, log: Logger) {
    this.#client = client;
    this.#log = log;
    this.#definition = new Reflector<boolean>({
      client,
      log,
      type: CUSTOM_RESOURCE_DEFINITIONS,
      fieldSelector: `metadata.name=${NETWORK_DEFINITION}`,
      project: isEstablished,
      onChange: (_, established) => this.#definitionChanged(established ?? false),
      onSync: () => this.#syncs.notify(),
    });
  }

  /** `listener` is called with each NAD that changed, once they are listed. */
  onChange(listener: (key: string) => void): void {
    this.#changes.add(listener);
  }

  /** `listener` is called when all NADs were listed, or are gone with their CRD. */
  onListed(listener: () => void): void {
    this.#lists.add(listener);
  }

  /** `listener` is called when `rejection` has changed. */
  onSync(listener: () => void): void {
    this.#syncs.add(listener);
  }

  start(): void {
    this.#definition.start();
  }

  /** Resolves when it is known whether there are NADs, and which. Rejects as Reflector.whenSynced does. */
  async whenSynced(signal?: AbortSignal, timeoutMs?: number): Promise<void> {
    await this.#definition.whenSynced(signal, timeoutMs);
    for (let nads = this.#nads; nads; nads = this.#nads)
      try {
        return await nads.whenSynced(signal, timeoutMs);
      } catch (error) {
        if (this.#nads === nads) throw error; // else stopped because the CRD went, or came again
      }
  }

  /** Why it is not known, if the server forbids it. */
  get rejection(): NotSynced | undefined {
    return this.#definition.rejection ?? this.#nads?.rejection;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#definition.stop(), this.#nads?.stop()]);
  }

  /** False between the CRD and the list: a NAD that is not there may be. */
  get listed(): boolean {
    return this.#listed;
  }

  get(key: string): NadView | undefined {
    return this.#nads?.get(key);
  }

  values(): NadView[] {
    return this.#nads?.values() ?? [];
  }

  #definitionChanged(established: boolean): void {
    if (this.#stopped || established === (this.#nads !== undefined)) return;
    void this.#nads?.stop();
    this.#nads = established ? this.#watch() : undefined;
    this.#listed = !established;
    if (!established) this.#lists.notify();
  }

  #watch(): Reflector<NadView> {
    const budget = new NadBudget();
    const nads = new Reflector<NadView>({
      client: this.#client,
      log: this.#log,
      type: NETWORK_ATTACHMENT_DEFINITIONS,
      project: (object) => budget.admit(nadView(object)),
      needsList: () => budget.needsList(),
      onChange: (key, nad) => {
        if (!nad) budget.release(key);
        if (this.#listed) this.#changes.notify(key);
      },
      onSync: () => this.#syncs.notify(),
    });
    nads.start();
    void this.#listedBy(nads);
    return nads;
  }

  async #listedBy(nads: Reflector<NadView>): Promise<void> {
    try {
      await nads.whenSynced();
    } catch (error) {
      if (isStopped(error)) return;
      throw error;
    }
    if (this.#nads !== nads || this.#stopped) return;
    this.#listed = true;
    this.#lists.notify();
  }
}

interface Definition {
  status?: { conditions?: { type: string; status: string }[] | null };
}

/** Just made, it has no conditions yet, or null for them. */
function isEstablished(object: ApiObject): boolean {
  const conditions = (object as Definition).status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}
