import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../crds/network-attachment-definition.ts";
import { NETWORK_ATTACHMENT_REPORT, type ReportStatus } from "../../crds/network-attachment-report/report.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isSameJson } from "../../kube/compare.ts";
import { ApiError } from "../../kube/errors.ts";
import type { ApiObject, ObjectRef } from "../../kube/resource.ts";
import type { NadView } from "../../networks/nad-view.ts";
import { type ReportView, reportView } from "../../networks/report/report-view.ts";
import { MANAGED_BY, MANAGER } from "../../render/labels.ts";
import { FIELD_MANAGER } from "../shared/ownership.ts";

const API_VERSION = `${NETWORK_ATTACHMENT_REPORT.group}/${NETWORK_ATTACHMENT_REPORT.version}`;

/** Writes reports, each only if it differs from the one that is there. */
export class Reporter {
  readonly #client: KubeClient;
  /** The watched copies. */
  readonly #seen: (key: string) => ReportView | undefined;
  /** Whether the cluster knows reports at all; nothing is written while it does not. */
  readonly #defined: () => boolean;
  /** The answers to our own writes, until a copy that is as new is seen. */
  readonly #written = new Map<string, ReportView>();
  /** The reports that are being written, and were not deleted since the write began. */
  readonly #writing = new Set<string>();

  constructor(
    client: KubeClient,
    seen: (key: string) => ReportView | undefined,
    defined: () => boolean = () => true,
  ) {
    this.#client = client;
    this.#seen = seen;
    this.#defined = defined;
  }

  /** The newest that is known of a report. Resource versions of one kind are integers that grow (KEP-5504). */
  current(key: string): ReportView | undefined {
    const seen = this.#seen(key);
    const written = this.#written.get(key);
    if (!written || (seen && BigInt(seen.resourceVersion) >= BigInt(written.resourceVersion))) {
      this.#written.delete(key);
      return seen;
    }
    return written;
  }

  /** To be called when the copy of a report is gone: it was deleted, whoever did it. */
  forget(key: string): void {
    this.#written.delete(key);
    this.#writing.delete(key);
  }

  /** True if something was written. The report is created, owned by its NAD, if there is none. */
  async write(nad: NadView, status: ReportStatus, signal: AbortSignal): Promise<boolean> {
    if (!this.#defined()) return false;
    const key = `${nad.namespace}/${nad.name}`;
    const current = this.current(key);
    if (current?.ownerUid === nad.uid && isSameJson(current.status, status)) return false;
    this.#writing.add(key);
    if (current?.ownerUid !== nad.uid) await this.#make(nad, signal);
    const written = await this.#client.apply<ApiObject>(
      refOf(nad),
      { ...head(nad), status },
      { fieldManager: FIELD_MANAGER, force: true, subresource: "status", signal },
    );
    // The answer may come after the watch has shown that the report is gone.
    if (this.#writing.delete(key)) this.#written.set(key, reportView(written));
    return true;
  }

  /** Deletes the report of a NAD that is gone, which the garbage collector may have done already. True when there was one. */
  async remove(namespace: string, name: string, signal: AbortSignal): Promise<boolean> {
    const key = `${namespace}/${name}`;
    const { uid } = this.current(key) ?? {};
    this.#written.delete(key);
    if (uid === undefined || !this.#defined()) return false;
    try {
      return await this.#client.delete(refOf({ namespace, name }), { preconditions: { uid }, signal });
    } catch (error) {
      // Recreated in between: the next event shows it.
      if (error instanceof ApiError && error.status === 409) return false;
      throw error;
    }
  }

  async #make(nad: NadView, signal: AbortSignal): Promise<void> {
    const { group, version, kind } = NETWORK_ATTACHMENT_DEFINITIONS;
    const body = head(nad);
    await this.#client.apply<ApiObject>(
      refOf(nad),
      {
        ...body,
        metadata: {
          ...body.metadata,
          labels: { [MANAGED_BY]: MANAGER },
          ownerReferences: [{ apiVersion: `${group}/${version}`, kind, name: nad.name, uid: nad.uid }],
        },
      },
      { fieldManager: FIELD_MANAGER, force: true, signal },
    );
  }
}

function refOf({ namespace, name }: Pick<NadView, "namespace" | "name">): ObjectRef {
  return { type: NETWORK_ATTACHMENT_REPORT, namespace, name };
}

function head({ namespace, name }: NadView) {
  return { apiVersion: API_VERSION, kind: NETWORK_ATTACHMENT_REPORT.kind, metadata: { namespace, name } };
}
