import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Applier, FIELD_MANAGER } from "../../src/controllers/shared/applier.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { type ApiObject, refOf } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { Kubectl } from "../cluster/kubectl.ts";

/** What the operator writes while its watch does not show what has become of an object. */

const { signal } = new AbortController();
let plane: ControlPlane;
let client: KubeClient;
let count = 0;

beforeAll(async () => {
  plane = await startControlPlane();
  client = new Kubectl(plane.kubeconfig).client;
});
afterAll(async () => {
  await plane?.stop();
});

const configMap = (data: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: `config-${count}`, namespace: "default" },
  data: { data },
});
const now = async () => await client.get<ApiObject & { data?: object }>(refOf(configMap("")));

describe("while the watch hangs", () => {
  let shown: ApiObject | undefined;
  let applier: Applier;

  beforeEach(async () => {
    count++;
    shown = undefined;
    applier = new Applier(client, { get: () => shown });
    await applier.apply(configMap("first"), signal);
    shown = await now();
  });

  it("writes a change once", async () => {
    expect(await applier.apply(configMap("second"), signal)).toMatchObject({ isRepair: false });
    expect(await applier.apply(configMap("second"), signal)).toBeUndefined();
    expect(await applier.isDifferent(configMap("second"), signal)).toBe(false);
  });

  it("creates again what the operator has deleted", async () => {
    applier.forget(refOf(configMap("")));
    await client.delete(refOf(configMap("")));
    expect(await applier.isDifferent(configMap("first"), signal)).toBe(true);
    expect(await applier.apply(configMap("first"), signal)).toMatchObject({ before: undefined });
    expect((await now())?.data).toEqual({ data: "first" });
  });

  it("does not take an object that another has created in its place", async () => {
    await client.delete(refOf(configMap("")));
    const other = { fieldManager: "another", force: false };
    await client.apply(refOf(configMap("")), configMap("of another"), other);
    await expect(applier.apply(configMap("second"), signal)).rejects.toThrow(
      "the operator did not create it",
    );
    expect((await now())?.data).toEqual({ data: "of another" });
  });
});

describe("an object that is deleted and created again", () => {
  /** An applier in whose way another gets, right before its first requests of a kind; and how often it did. */
  function disturbed(times: number) {
    const found = { replaced: 0, dryRuns: 0 };
    const before = async ({ query }: { query?: Record<string, string> }) => {
      if (query?.dryRun === undefined) return;
      found.dryRuns++;
      if (found.replaced >= times) return;
      found.replaced++;
      await client.delete(refOf(configMap("")));
      await client.apply(refOf(configMap("")), configMap("first"), { fieldManager: FIELD_MANAGER });
    };
    const connection = connect({ kubeconfig: plane.kubeconfig });
    const applier = new Applier(new KubeClient(connection, { before }), { get: () => shown });
    return { applier, found, connection };
  }
  let shown: ApiObject | undefined;

  beforeEach(async () => {
    count++;
    await client.apply(refOf(configMap("")), configMap("first"), { fieldManager: FIELD_MANAGER });
    shown = await now();
  });

  it("is applied to the one that is there then", async () => {
    const { applier, found, connection } = disturbed(2);
    expect(await applier.apply(configMap("second"), signal)).toMatchObject({
      after: { data: { data: "second" } },
    });
    expect(found).toEqual({ replaced: 2, dryRuns: 3 });
    await connection.close();
  });

  it("all the time ends with an error that names it, after five attempts, and nothing is written", async () => {
    const { applier, found, connection } = disturbed(50);
    await expect(applier.apply(configMap("second"), signal)).rejects.toMatchObject({
      code: "OBJECT_REPLACED",
      message: expect.stringContaining(`ConfigMap default/config-${count} was deleted and created again`),
    });
    expect(found.dryRuns).toBe(5);
    expect((await now())?.data).toEqual({ data: "first" });
    await connection.close();
  });
});
