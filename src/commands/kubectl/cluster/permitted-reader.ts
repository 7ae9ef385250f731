import type { KubeClient } from "../../../kube/client.ts";
import { ApiError } from "../../../kube/errors.ts";
import { type ApiObject, collectionPath, type ResourceType } from "../../../kube/resource.ts";
import { permissionOf } from "../../request-failure.ts";

const PAGE = 500;

/** Reads for a user who may see some of a cluster and not all: it records what is forbidden, and continues with the rest. */
export class PermittedReader {
  readonly client: KubeClient;
  /** The permissions that were missing: "list nodes". */
  readonly missingPermissions = new Set<string>();

  constructor(client: KubeClient) {
    this.client = client;
  }

  /** What `read` returns; undefined if it is forbidden, or the cluster does not have the kind. */
  async tryRead<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      this.missingPermissions.add(permissionOf(error));
      return undefined;
    }
  }

  /** Every object of a kind, a page at a time: a cluster's pods do not fit into one answer. */
  async *pages(
    type: ResourceType,
    { namespace, ...selectors }: { namespace?: string; labelSelector?: string; fieldSelector?: string },
  ): AsyncGenerator<ApiObject> {
    let next = "";
    do {
      const { items, metadata } = await this.client.json<{
        items: ApiObject[];
        metadata: { continue?: string };
      }>({
        method: "GET",
        path: collectionPath(type, namespace),
        query: { ...selectors, limit: String(PAGE), ...(next ? { continue: next } : {}) },
      });
      yield* items;
      next = metadata.continue ?? "";
    } while (next !== "");
  }

  /** All of a kind, or undefined if that is forbidden or the cluster does not have the kind. */
  async all<T>(
    type: ResourceType,
    where: { namespace?: string; labelSelector?: string; fieldSelector?: string },
    view: (object: ApiObject) => T | undefined,
  ): Promise<T[] | undefined> {
    return await this.tryRead(async () => {
      const found: T[] = [];
      for await (const object of this.pages(type, where)) {
        const seen = view(object);
        if (seen !== undefined) found.push(seen);
      }
      return found;
    });
  }
}
