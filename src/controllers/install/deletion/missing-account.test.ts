import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { NotSynced } from "../../../kube/errors.ts";
import { type ApiObject, describe as named, type ObjectRef } from "../../../kube/resource.ts";
import { createLogger } from "../../../telemetry/logger.ts";
import { FINALIZER, type ReconcileScope } from "../scope.ts";
import { createAccount, missingAccount } from "./missing-account.ts";

const INSTALL = {
  apiVersion: "multus-operator.dev/v1alpha1",
  kind: "MultusInstall",
  metadata: { name: "multus", uid: "uid-1", finalizers: [FINALIZER] },
};
const ACCOUNT = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "multus", namespace: "kube-system", labels: { a: "b" } },
};

/** What a reconcile reads and does; `answers` has what the API server answers to each read. */
function scopeOf(answers: Record<string, ApiObject>, watch = async () => {}) {
  const done: string[] = [];
  const applied: KubeObject[] = [];
  const scope = {
    live: INSTALL,
    context: { signal: new AbortController().signal, log: createLogger("error") },
    deps: {
      client: {
        get: async (ref: ObjectRef) => {
          done.push(`get ${named(ref)}`);
          return answers[named(ref)];
        },
      },
      owned: {
        watch: async () => {
          done.push("watch");
          await watch();
        },
      },
      applier: { apply: async (object: KubeObject) => void applied.push(object) },
    },
  } as unknown as ReconcileScope;
  return { scope, done, applied };
}

describe("the account that is missing", () => {
  const missing = async (...args: Parameters<typeof scopeOf>) => {
    const { scope, done } = scopeOf(...args);
    return { account: await missingAccount(scope, [ACCOUNT]), done };
  };

  it("is none if it exists", async () => {
    const { account } = await missing({ "ServiceAccount kube-system/multus": ACCOUNT });
    expect(account).toBeUndefined();
  });

  it("is created right after the API server has shown that the MultusInstall is not released", async () => {
    const { account, done } = await missing({ "MultusInstall multus": INSTALL });
    expect(account).toBe(ACCOUNT);
    expect(done).toEqual(["get ServiceAccount kube-system/multus", "watch", "get MultusInstall multus"]);
  });

  it.each([
    ["is gone", {}],
    ["has no finalizer", { ...INSTALL.metadata, finalizers: [] }],
    ["is another of the same name", { ...INSTALL.metadata, uid: "uid-2" }],
  ])(
    "is not created again if the MultusInstall %s by then: another leader has deleted both",
    async (_, metadata) => {
      const answers = "name" in metadata ? { "MultusInstall multus": { ...INSTALL, metadata } } : {};
      expect((await missing(answers)).account).toBe("Released");
    },
  );

  it("is created also if it cannot be watched: what comes of that does not end the deletion", async () => {
    const { account } = await missing({ "MultusInstall multus": INSTALL }, async () => {
      throw new NotSynced("ServiceAccount kube-system/multus", "TimedOut");
    });
    expect(account).toBe(ACCOUNT);
  });
});

it("the account that is created again goes with its MultusInstall, also if another leader deletes that in between", async () => {
  const { scope, applied } = scopeOf({});
  await createAccount(scope, ACCOUNT);
  expect(applied).toEqual([
    {
      ...ACCOUNT,
      metadata: {
        ...ACCOUNT.metadata,
        ownerReferences: [
          { apiVersion: "multus-operator.dev/v1alpha1", kind: "MultusInstall", name: "multus", uid: "uid-1" },
        ],
      },
    },
  ]);
});
