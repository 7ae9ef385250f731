import type { KubeClient, ListOptions } from "../../src/kube/client.ts";
import { intentOf } from "../../src/kube/compare.ts";
import {
  type ApiObject,
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CUSTOM_RESOURCE_DEFINITIONS,
  DAEMON_SETS,
  type ResourceType,
  SERVICE_ACCOUNTS,
} from "../../src/kube/resource.ts";

const rbac = (kind: string, plural: string): ResourceType => ({
  ...{ group: "rbac.authorization.k8s.io", version: "v1", namespaced: true },
  ...{ kind, plural },
});
/** Every kind that an operator like this one could leave behind, those that it never writes among them. */
const KINDS: readonly ResourceType[] = [
  CUSTOM_RESOURCE_DEFINITIONS,
  SERVICE_ACCOUNTS,
  CLUSTER_ROLES,
  CLUSTER_ROLE_BINDINGS,
  rbac("Role", "roles"),
  rbac("RoleBinding", "rolebindings"),
  CONFIG_MAPS,
  DAEMON_SETS,
  { group: "", version: "v1", kind: "Secret", plural: "secrets", namespaced: true },
  { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true },
];
/**
 * Kubernetes' own 120 roles and bindings, and the definition that the test began with, stay with the API server: they are
 * most of what a poll would move.
 */
const SELECTORS: Record<string, ListOptions> = {
  "rbac.authorization.k8s.io": { labelSelector: "kubernetes.io/bootstrapping!=rbac-defaults" },
  "apiextensions.k8s.io": { fieldSelector: "metadata.name!=multusinstalls.multus-operator.dev" },
};
/** What only these have written is Kubernetes' own: accounts of its controllers, and what each namespace has. */
const KUBERNETES = ["kube-apiserver", "kube-controller-manager", "clusterrole-aggregation-controller"];
/** Counts the changes of a DaemonSet's template: how a spec was arrived at, and not what it is. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** "DaemonSet kube-system/kube-multus-ds" → its contents. */
export type Contents = Record<string, unknown>;

/** The objects that were not there when the test began, whatever their labels and names. */
export class OwnedObjectsObserver {
  readonly #client: KubeClient;
  readonly #before: ReadonlySet<string>;

  private constructor(client: KubeClient, before: ReadonlySet<string>) {
    this.#client = client;
    this.#before = before;
  }

  static async start(client: KubeClient): Promise<OwnedObjectsObserver> {
    const before = await new OwnedObjectsObserver(client, new Set()).#list();
    return new OwnedObjectsObserver(client, new Set(before.map(nameOf)));
  }

  /** All that is there now, and how often the template of each DaemonSet has changed. */
  async observe(): Promise<{ contents: Contents; templateChanges: Record<string, string> }> {
    const found = (await this.#list()).filter((object) => !this.#before.has(nameOf(object)));
    const daemonSets = found.filter(({ kind }) => kind === "DaemonSet");
    return {
      contents: Object.fromEntries(found.map((object) => [nameOf(object), contentsOf(object)])),
      templateChanges: Object.fromEntries(
        daemonSets.map((object) => [
          nameOf(object),
          `${object.metadata.uid} ${object.metadata.annotations?.[TEMPLATE_GENERATION]}`,
        ]),
      ),
    };
  }

  async #list(): Promise<ApiObject[]> {
    const lists = await Promise.all(
      KINDS.map(async (type) => {
        const { items } = await this.#client.list<ApiObject>(type, SELECTORS[type.group]);
        return items.map((item) => ({ ...item, kind: type.kind }));
      }),
    );
    return lists.flat().filter((object) => managersOf(object).some((name) => !KUBERNETES.includes(name)));
  }
}

function managersOf({ metadata }: ApiObject): string[] {
  return ((metadata.managedFields ?? []) as { manager: string }[]).map(({ manager }) => manager);
}

export function nameOf({ kind, metadata: { namespace, name } }: ApiObject): string {
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** Without what the API server, or how the object came about, adds to it. */
export function contentsOf(object: ApiObject): unknown {
  const { apiVersion: _, ...rest } = structuredClone(intentOf(object)) as ApiObject;
  delete rest.metadata.annotations?.[TEMPLATE_GENERATION];
  if (Object.keys(rest.metadata.annotations ?? {}).length === 0) delete rest.metadata.annotations;
  return rest;
}
