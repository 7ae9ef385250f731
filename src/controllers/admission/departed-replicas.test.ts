import { expect, test } from "vitest";
import { type ClientHooks, KubeClient } from "../../kube/client.ts";
import { Connection } from "../../kube/connection.ts";
import { DepartedReplicas } from "./departed-replicas.ts";

class Asked extends Error {}

/** Forgets with a client that sends nothing; rejects with Asked if it would have. */
async function forget(published: Record<string, string>): Promise<void> {
  const hooks: ClientHooks = {
    before: ({ path }) => {
      throw new Asked(path);
    },
  };
  const departed = new DepartedReplicas({
    client: new KubeClient(new Connection(), hooks),
    view: { published },
    namespace: "multus-operator",
    arePods: true,
    own: "replica-1",
    now: () => new Date(),
  });
  await departed.forget(new AbortController().signal);
}

test("a replica never forgets itself, even if it is not a pod", async () => {
  await expect(forget({ "replica-1": "" })).resolves.toBeUndefined();
});

test("it asks whether the pods of the others exist", async () => {
  await expect(forget({ "replica-1": "", "replica-2": "" })).rejects.toThrow("/pods/replica-2");
});
