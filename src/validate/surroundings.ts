import { RESOURCE_NAME } from "../cni/plugins/device.ts";
import { isObject } from "../cni/section.ts";
import { MULTUS_INSTALL, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { clusterNetworkOf, multusNamespaceOf } from "../multus/multus-namespace.ts";
import { crossChecks } from "../networks/cross-checks/cross-checks.ts";
import { readNetwork } from "../networks/cross-checks/network.ts";
import type { CrossFinding, SeenNetwork } from "../networks/cross-checks/view.ts";
import { networksBefore } from "../networks/request-checks/interfaces.ts";
import { NETWORK_DEFINITION } from "./network-definition.ts";
import { annotationOf, type SeenObject } from "./object.ts";
import type { Surroundings } from "./pod.ts";

/** What the objects of all files say of each other: for pods, and findings of NADs by "namespace/name". */
export function surroundingsOf(
  objects: readonly SeenObject[],
): Surroundings & { ofNetwork: ReadonlyMap<string, readonly CrossFinding[]> } {
  const nads = new Map<string, SeenNetwork>();
  for (const object of objects)
    if (object.kind === NETWORK_DEFINITION.kind) {
      const { namespace, name } = { ...object, namespace: object.namespace || "default" };
      const spec = isObject(object.value.spec) ? object.value.spec : {};
      const config = typeof spec.config === "string" ? spec.config : "";
      const resourceName = annotationOf(object.value.metadata, RESOURCE_NAME);
      nads.set(`${namespace}/${name}`, { namespace, name, config, resourceName });
    }
  const installs = objects.filter(({ kind }) => kind === MULTUS_INSTALL.kind);
  // A cluster has one; a folder of samples has many, and then none tells.
  const parsed = installs.length === 1 ? parseMultusInstall(installs[0]?.value) : undefined;
  const install = parsed?.ok ? parsed.value : undefined;
  const networks = new Map([...nads].map(([key, nad]) => [key, readNetwork(nad)]));
  const found = crossChecks(
    {
      nads: [...nads.values()],
      nodes: [],
      install: install && { version: install.spec.version, clusterNetwork: clusterNetworkOf(install.spec) },
    },
    [...networks.values()],
  );
  return {
    networks,
    isolation: install?.spec.isolation,
    ...(install
      ? {
          multusNamespace: multusNamespaceOf(install.spec),
          version: install.spec.version,
          networksBefore: (namespace: string) => networksBefore(install.spec, namespace),
        }
      : {}),
    ofNetwork: Map.groupBy(found, ({ namespace, name }) => `${namespace}/${name}`),
  };
}
