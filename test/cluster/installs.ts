import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import type { ApiObject } from "../../src/kube/resource.ts";
import { waitUntil } from "./daemon.ts";
import type { Kubectl } from "./kubectl.ts";

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

export interface UnhealthyNode {
  node: string;
  reason: string;
  message: string;
}

/** What the tests read of a MultusInstall's status. */
export interface InstallStatus {
  observedGeneration?: number;
  version?: string;
  mode?: string;
  conditions?: Condition[];
  nodes?: { available: number; unhealthy?: UnhealthyNode[] };
  primaryNetwork?: { nodesInspected: number; files?: object[] };
  distribution?: { name: string };
  warnings?: string[];
}

export type Install = ApiObject & { status?: InstallStatus };

interface Waiting {
  timeoutMs?: number;
  everyMs?: number;
}

/** A MultusInstall as a test uses it: changed, waited for, deleted. Its requests start no process. */
export class TestInstall {
  readonly name: string;
  readonly #kubectl: Kubectl;

  constructor(kubectl: Kubectl, name = "multus") {
    this.#kubectl = kubectl;
    this.name = name;
  }

  /** As a user's `kubectl apply --server-side`: fields of the spec that are left out are removed. */
  async apply(spec: object): Promise<void> {
    const object = {
      apiVersion: MULTUS_INSTALL_API_VERSION,
      kind: MULTUS_INSTALL.kind,
      metadata: { name: this.name },
      spec,
    };
    await this.#kubectl.client.apply(this.#ref, object, { fieldManager: "kubectl", force: true });
  }

  /** As a user's `kubectl patch --type=merge`. */
  async patch(spec: object): Promise<void> {
    await this.#kubectl.client.patch(this.#ref, { spec });
  }

  /** The object as it is now. Throws if there is none. */
  async now<T extends object = Install>(): Promise<ApiObject & T> {
    const found = await this.#kubectl.client.get<ApiObject & T>(this.#ref);
    if (found === undefined) throw new Error(`there is no MultusInstall ${this.name}`);
    return found;
  }

  async status(): Promise<InstallStatus> {
    return (await this.now()).status ?? {};
  }

  async unhealthy(): Promise<UnhealthyNode[]> {
    return (await this.status()).nodes?.unhealthy ?? [];
  }

  async condition(type: string): Promise<Condition | undefined> {
    return (await this.status()).conditions?.find((condition) => condition.type === type);
  }

  /** Waits until Ready is True for the current generation. Throws with what the condition shows instead. */
  async ready(waiting?: Waiting): Promise<void> {
    await this.#until("Ready", "True", ({ status }) => status === "True", waiting);
  }

  /** Waits until a condition has this reason for the current generation, and returns its message. */
  async reason(type: string, reason: string, message = /^/, waiting?: Waiting): Promise<string> {
    const fits = (found: Condition) => found.reason === reason && message.test(found.message);
    return (await this.#until(type, reason, fits, waiting)).message;
  }

  /** Waits until the status lists the node with this reason, and returns the entry's message. */
  async reasonOf(node: string, reason: string): Promise<string> {
    let last: InstallStatus | undefined;
    let found: UnhealthyNode | undefined;
    await waitUntil(`the status to list ${node} with ${reason}`, async () => {
      last = await this.status();
      found = last.nodes?.unhealthy?.find((entry) => entry.node === node && entry.reason === reason);
      return found !== undefined;
    }).catch((error: unknown) => {
      throw new Error(`the status is ${JSON.stringify(last)}`, { cause: error });
    });
    return found?.message ?? "";
  }

  /** Deletes it and waits until the operator has let it go. Throws with what Ready shows instead. */
  async remove(waiting?: Waiting): Promise<void> {
    await this.#kubectl.client.delete(this.#ref);
    await this.gone(waiting);
  }

  /** Waits until it is gone. Throws with what Ready shows instead. */
  async gone(waiting?: Waiting): Promise<void> {
    let last: Condition[] | undefined;
    await waitUntil(
      `MultusInstall ${this.name} to be gone`,
      async () => {
        const found = await this.#kubectl.client.get<Install>(this.#ref);
        last = found?.status?.conditions;
        return found === undefined;
      },
      waiting,
    ).catch((error: unknown) => {
      throw new Error(`MultusInstall ${this.name} is still there: ${JSON.stringify(last)}`, { cause: error });
    });
  }

  get #ref() {
    return { type: MULTUS_INSTALL, name: this.name };
  }

  async #until(
    type: string,
    wanted: string,
    fits: (condition: Condition) => boolean,
    waiting: Waiting = {},
  ): Promise<Condition> {
    let found: Condition | undefined;
    let generation = 0;
    await waitUntil(
      `${type} of ${this.name} to be ${wanted}`,
      async () => {
        const { metadata, status } = await this.now();
        found = status?.conditions?.find((condition) => condition.type === type);
        generation = metadata.generation ?? 0;
        return found !== undefined && found.observedGeneration === generation && fits(found);
      },
      waiting,
    ).catch((error: unknown) => {
      const { status, reason, message, observedGeneration } = found ?? {};
      const last = `${status} (${reason}: ${message}) for generation ${observedGeneration} of ${generation}`;
      throw new Error(`${type} of MultusInstall ${this.name} is ${last}`, { cause: error });
    });
    if (found === undefined) throw new Error(`MultusInstall ${this.name} has no condition ${type}`);
    return found;
  }
}
