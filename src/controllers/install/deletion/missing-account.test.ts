import { expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { createLogger } from "../../../telemetry/logger.ts";
import type { ReconcileScope } from "../scope.ts";
import { createAccount } from "./missing-account.ts";

it("the account that is created again goes with its MultusInstall, also if another leader deletes that in between", async () => {
  const applied: KubeObject[] = [];
  const scope = {
    live: { metadata: { name: "multus", uid: "uid-1" } },
    context: { signal: new AbortController().signal, log: createLogger("error") },
    deps: {
      owned: { watch: async () => {} },
      applier: { apply: async (object: KubeObject) => void applied.push(object) },
    },
  } as unknown as ReconcileScope;
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "multus", namespace: "kube-system", labels: { a: "b" } },
  };
  await createAccount(scope, account);
  expect(applied).toEqual([
    {
      ...account,
      metadata: {
        ...account.metadata,
        ownerReferences: [
          { apiVersion: "multus-operator.dev/v1alpha1", kind: "MultusInstall", name: "multus", uid: "uid-1" },
        ],
      },
    },
  ]);
});
