import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { webhookConfiguration } from "../../src/admission/configuration.ts";
import { policies } from "../../src/admission/policies.ts";
import { type AdmissionSettings, settingsOf } from "../../src/admission/settings.ts";
import { Applier } from "../../src/controllers/shared/applier.ts";
import { FIELD_MANAGER } from "../../src/controllers/shared/ownership.ts";
import { multusInstall } from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient, type RequestInfo } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { managedFieldsOf } from "../../src/kube/managed-fields.ts";
import { type ApiObject, refOf } from "../../src/kube/resource.ts";
import { renderInstall } from "../../src/render/render.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";

/** What the operator writes while its watch does not show what has become of an object. */

const { signal } = new AbortController();
let plane: BorrowedControlPlane;
let client: KubeClient;
let count = 0;

beforeAll(async () => {
  plane = await borrowControlPlane();
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

  it("creates in one request what it does not know or has deleted, and reads before that what it wrote", async () => {
    count++;
    const sent: string[] = [];
    const connection = connect({ kubeconfig: plane.kubeconfig });
    const before = ({ method, query }: RequestInfo) => void sent.push(query?.dryRun ? "dry run" : method);
    const unseeing = new Applier(new KubeClient(connection, { before }), { get: () => undefined });
    expect(await unseeing.apply(configMap("first"), signal)).toMatchObject({ before: undefined });
    expect(await unseeing.apply(configMap("first"), signal)).toBeUndefined();
    expect(sent.splice(0)).toEqual(["PATCH", "GET", "dry run"]);
    unseeing.forget(refOf(configMap("")));
    await client.delete(refOf(configMap("")));
    expect(await unseeing.apply(configMap("first"), signal)).toMatchObject({ before: undefined });
    expect(sent).toEqual(["PATCH"]);
    await connection.close();
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

it("an object that another creates in the place of the one that was compared stays as it is", async () => {
  count++;
  await client.apply(refOf(configMap("")), configMap("first"), { fieldManager: FIELD_MANAGER });
  const shown = await now();
  const connection = connect({ kubeconfig: plane.kubeconfig });
  let isReplaced = false;
  const before = async ({ method, query }: RequestInfo) => {
    if (method !== "PATCH" || query?.dryRun !== undefined || isReplaced) return;
    isReplaced = true;
    await client.delete(refOf(configMap("")));
    await client.apply(refOf(configMap("")), configMap("of another"), { fieldManager: "another" });
  };
  const applier = new Applier(new KubeClient(connection, { before }), { get: () => shown });
  await expect(applier.apply(configMap("second"), signal)).rejects.toMatchObject({ code: "FOREIGN_OBJECT" });
  expect((await now())?.data).toEqual({ data: "of another" });
  await connection.close();
});

const install = multusInstall.parse({
  apiVersion: "multus-operator.dev/v1alpha1",
  kind: "MultusInstall",
  metadata: { name: "multus", uid: "uid" },
  spec: { mode: "Thick", attachments: { admission: "Warn" } },
});
const settings = settingsOf(install, "multus-operator") as AdmissionSettings;
const OBJECTS = [
  ...renderInstall(install).objects,
  ...policies(settings, {}),
  webhookConfiguration(settings, { url: "https://127.0.0.1" }, "/path", "", {}),
].map((object) => ({ kind: object.kind, name: object.metadata.name, object }));

describe.each(OBJECTS)("$kind $name, which the watch does not show", ({ kind, object }) => {
  const unseen = { get: () => undefined };
  const ref = refOf(object);
  const live = async () => await client.get<ApiObject>(ref);
  /** Who has written what and when, apart from the status: a CRD's changes after its creation. */
  const writers = async () =>
    managedFieldsOf((await live()) as ApiObject).filter(({ subresource }) => subresource === undefined);
  const sent: string[] = [];
  const counting = () =>
    new KubeClient(connect({ kubeconfig: plane.kubeconfig }), {
      before: ({ method, query }) => void sent.push(query?.dryRun ? "dry run" : method),
    });

  beforeEach(() => sent.splice(0));

  it("is created in one request, after one dry run", async () => {
    const applier = new Applier(counting(), unseen);
    expect(await applier.rehearseCreation(object, signal)).toBeUndefined();
    expect(await live()).toBeUndefined();
    expect(await applier.apply(object, signal)).toMatchObject({ before: undefined });
    expect(sent).toEqual(["dry run", "PATCH"]);
  });

  it("is known not to be new once it is the operator's, and is not written again", async () => {
    // Its status changes until then.
    if (kind === "CustomResourceDefinition") await untilEstablished({ client }, object.metadata.name);
    const before = await writers();
    const applier = new Applier(client, unseen);
    expect(await applier.rehearseCreation(object, signal)).toEqual(await live());
    expect(await applier.apply(object, signal)).toBeUndefined();
    expect(await writers()).toEqual(before);
  });

  it("is not taken if another has created it, not even in its fields that are the same", async () => {
    const managedFields = (await writers()).map((entry) => ({ ...entry, manager: "another" }));
    await client.patch(ref, [{ op: "replace", path: "/metadata/managedFields", value: managedFields }]);
    const before = await writers();
    const applier = new Applier(counting(), unseen);
    expect((await applier.rehearseCreation(object, signal))?.metadata).toMatchObject({ managedFields });
    // A NAD CRD serves whoever created it.
    if (kind === "CustomResourceDefinition") expect(await applier.apply(object, signal)).toBeUndefined();
    else await expect(applier.apply(object, signal)).rejects.toMatchObject({ code: "FOREIGN_OBJECT" });
    expect(sent).toEqual(["dry run", "GET", "PATCH", "GET"]);
    expect(await writers()).toEqual(before);
  });
});
