import { expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import type { ReconcileScope } from "../scope.ts";
import { isSuperseded } from "./superseded.ts";

const account = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "multus", namespace: "kube-system" },
} as const satisfies KubeObject;
const live = {
  metadata: { name: "multus", uid: "1", generation: 2 },
  status: {
    inventory: [{ apiVersion: "v1", kind: "ServiceAccount", namespace: "kube-system", name: "multus" }],
  },
} as unknown as ApiObject;
const other = (metadata: object): ApiObject => ({ ...live, metadata: { ...live.metadata, ...metadata } });

/** `watched` is what the watch has shown by now, `read` what the API server answers; the reads are counted. */
function check(
  watched: ApiObject | undefined,
  options: { isMissing?: boolean; isEnding?: boolean; read?: ApiObject } = {},
) {
  let newest = watched;
  let reads = 0;
  const get = async () => {
    reads++;
    return options.read;
  };
  const wrote = (answer: ApiObject) => {
    newest = answer;
  };
  const deps = { client: { get }, installs: { get: () => newest, wrote } };
  const scope = {
    live,
    deps,
    context: { signal: new AbortController().signal },
  } as unknown as ReconcileScope;
  const deletionTimestamp = options.isEnding ? "2026-11-28T00:00:00Z" : undefined;
  const found = { ...account, metadata: { ...account.metadata, deletionTimestamp } } as unknown as ApiObject;
  const owned = { get: () => (options.isMissing ? undefined : found) };
  return isSuperseded(scope, { owned }).then((is) => ({ is, reads }));
}

it("is a MultusInstall that was changed, deleted or recreated while it was observed, as its watch shows", async () => {
  const deletion = { deletionTimestamp: "2026-11-28T00:00:00Z" };
  for (const change of [{ generation: 3 }, { uid: "2" }, deletion])
    expect(await check(other(change)), JSON.stringify(change)).toEqual({ is: true, reads: 0 });
  expect(await check(undefined)).toEqual({ is: true, reads: 0 });
  expect(await check(other({ resourceVersion: "7", labels: { a: "b" } }))).toEqual({ is: false, reads: 0 });
});

it("is read from the API server before an object that the inventory names is created again", async () => {
  const isMissing = true;
  const deleted = other({ deletionTimestamp: "2026-11-28T00:00:00Z" });
  expect(await check(live, { isMissing, read: deleted })).toEqual({ is: true, reads: 1 });
  expect(await check(live, { isMissing })).toEqual({ is: true, reads: 1 });
  expect(await check(live, { isMissing, read: live })).toEqual({ is: false, reads: 1 });
});

it("is read as well while such an object is being deleted", async () => {
  const deleted = other({ deletionTimestamp: "2026-11-28T00:00:00Z" });
  expect(await check(live, { isEnding: true, read: deleted })).toEqual({ is: true, reads: 1 });
  expect(await check(live, { isEnding: true, read: live })).toEqual({ is: false, reads: 1 });
});
