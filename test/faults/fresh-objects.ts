import { entryOf } from "../../src/controllers/install/inventory/inventory.ts";
import { marked } from "../../src/controllers/install/rollout/live-workloads.ts";
import type { KubeObject } from "../../src/crds/kube-object.ts";
import type { Distribution } from "../../src/crds/multus-install/distribution.ts";
import type { MultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import type { InventoryEntry } from "../../src/crds/multus-install/status.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { type ApiObject, refOf } from "../../src/kube/resource.ts";
import { isMultusDaemonSet } from "../../src/render/daemon-sets.ts";
import { lastComplete } from "../../src/render/last-complete.ts";
import { renderInstall } from "../../src/render/render.ts";
import { type Contents, contentsOf, nameOf } from "./owned-objects.ts";
import { resolved, type Spec } from "./spec-space-spec.ts";

/** What a fresh install of a spec consists of. */
export interface Fresh {
  install: MultusInstall;
  contents: Contents;
  inventory: InventoryEntry[];
  warnings: string[];
  image: string;
}

const ELSEWHERE = "-fresh";

/**
 * The objects of a fresh install, without one: what is rendered goes through the API server's own defaults in a dry run,
 * under names that are not taken. That a real install gives the same is for the caller to show. Throws a RenderError.
 */
export async function freshObjects(
  client: KubeClient,
  spec: Spec,
  distribution: Distribution | undefined,
): Promise<Fresh> {
  const install = resolved(spec, distribution);
  const { objects, warnings, image } = renderInstall(install);
  const all = [...objects, lastComplete(install)];
  const found = await Promise.all(all.map((object) => stored(client, object)));
  return {
    install,
    contents: Object.fromEntries(found.map((object) => [nameOf(object), contentsOf(object)])),
    inventory: all.map(entryOf),
    warnings: warnings.map(({ path, message }) => `${path}: ${message}`),
    image,
  };
}

async function stored(client: KubeClient, object: KubeObject): Promise<ApiObject> {
  const { name } = object.metadata;
  // Its name says what it defines: it cannot have another one.
  const isDefinition = object.kind === "CustomResourceDefinition";
  const as = isDefinition ? name : `${name}${ELSEWHERE}`;
  const body = isMultusDaemonSet(object) ? marked(object) : object;
  const renamed = { ...body, metadata: { ...body.metadata, name: as } };
  const answer = await client.apply<ApiObject>(refOf(renamed), renamed, {
    fieldManager: "multus-operator",
    force: true,
    dryRun: true,
  });
  return { ...answer, metadata: { ...answer.metadata, name } };
}
