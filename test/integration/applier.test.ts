import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Applier } from "../../src/controllers/shared/applier.ts";
import type { KubeClient } from "../../src/kube/client.ts";
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
