import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customResourceDefinitions } from "../../src/crds/definitions.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { type ApiObject, CUSTOM_RESOURCE_DEFINITIONS, type ResourceType } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { untilEstablished } from "../cluster/established.ts";
import type { Schema } from "../integration/hostile-installs.ts";
import { fullStatus, wrongStatuses } from "./spec-space-status.ts";

/**
 * What users may not write: the status of each type, and a spec of one that has none. Who may write a status at all is
 * for RBAC (docs/security.md); what it may hold is for the schema, since readers take it for the operator's word.
 */

interface Definition {
  metadata: { name: string };
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string };
    versions: { name: string; schema: { openAPIV3Schema: { properties: Record<string, Schema> } } }[];
  };
}
const DEFINITIONS = customResourceDefinitions() as unknown as Definition[];

let plane: ControlPlane;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane();
  client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  for (const definition of customResourceDefinitions()) {
    await client.create(CUSTOM_RESOURCE_DEFINITIONS, definition as ApiObject);
    await untilEstablished({ client }, definition.metadata.name);
  }
});
afterAll(async () => {
  await plane?.stop();
});

describe.each(DEFINITIONS.map((definition) => [definition.spec.names.kind, definition] as const))(
  "%s",
  (_, d) => {
    const { group, scope, names, versions } = d.spec;
    const version = versions[0];
    const properties = version?.schema.openAPIV3Schema.properties ?? {};
    const namespaced = scope === "Namespaced";
    const type: ResourceType = { group, version: version?.name ?? "", ...names, namespaced };
    const ref = { type, name: "tried", ...(namespaced ? { namespace: "default" } : {}) };
    const { namespace } = { namespace: undefined, ...ref };
    const object = (fields: object): ApiObject => ({
      apiVersion: `${group}/${version?.name}`,
      kind: names.kind,
      metadata: { name: ref.name, ...(namespace ? { namespace } : {}) },
      ...fields,
    });
    const status = properties.status ?? {};

    it("takes no status, and no spec that it does not have, from who writes the object", async () => {
      const asked = object({ status: fullStatus(status), ...(properties.spec ? {} : { spec: { x: 1 } }) });
      const written = await client.create<ApiObject>(type, asked);
      expect(written.status).toBeUndefined();
      if (!properties.spec) expect(written.spec).toBeUndefined();
    });

    it("takes a status with every field, and none with a field that is not right", async () => {
      const write = async (value: unknown) => {
        const options = { fieldManager: "user", force: true, subresource: "status", dryRun: true } as const;
        return await client.apply(ref, object({ status: value }), options).catch((error: unknown) => {
          if (error instanceof ApiError) return error;
          throw error;
        });
      };
      expect(await write(fullStatus(status))).not.toBeInstanceOf(ApiError);
      const cases = wrongStatuses(status);
      expect(cases.length).toBeGreaterThan(40);
      const wrong: string[] = [];
      for (const { path, status: value } of cases) {
        const answer = await write(value);
        const last =
          path
            .replace(/\[0\]$/, "")
            .split(".")
            .at(-1) ?? path;
        if (!(answer instanceof ApiError)) wrong.push(`${path} is taken`);
        else if (!answer.message.includes(last)) wrong.push(`${path}: ${answer.message.slice(0, 200)}`);
      }
      expect(wrong).toEqual([]);
    });
  },
);
