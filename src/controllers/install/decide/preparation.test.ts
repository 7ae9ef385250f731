import { expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { installOf, observed, resolved } from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";
import { CANARY, daemonSetOf, kindsOf, manual, plan, THICK, texts, WRITES } from "./plans.fixture.ts";

it("rehearses again what is not held by a finalizer, or not recorded", () => {
  expect(kindsOf(plan(THICK).actions)).not.toContain("Rehearse");
  expect(kindsOf(plan(THICK, { finalizers: [] }).actions)).toContain("Rehearse");
  const wanted = resolved(installOf(THICK));
  const seen = observed(wanted);
  const found = decide(wanted, { ...seen, inventory: seen.inventory.slice(1) });
  expect(kindsOf(found.actions)).toContain("Rehearse");
});

it("adds the finalizer before it takes anything over", () => {
  const adopting = { finalizers: [], adoption: { taken: [manual] } };
  const kinds = kindsOf(plan({ ...THICK, adopt: true }, adopting).actions);
  expect(kinds.indexOf("AddFinalizer")).toBeGreaterThan(-1);
  expect(kinds.indexOf("AddFinalizer")).toBeLessThan(kinds.indexOf("TakeOver"));
});

it("records what an adoption makes obsolete, before it applies anything", () => {
  const obsolete = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "old" } } as KubeObject;
  const { actions } = plan({ ...THICK, adopt: true }, { adoption: { obsolete: [obsolete] } });
  const record = actions.findIndex(
    (action) => action.kind === "Record" && action.entries.some(({ name }) => name === "old"),
  );
  expect(record).toBeGreaterThan(-1);
  expect(record).toBeLessThan(kindsOf(actions).indexOf("Apply"));
});

it("rejects what cannot begin before the first write, so that the install can be deleted at once", () => {
  const missing = plan(CANARY, { finalizers: [], missingProbeNetwork: "kube-system/net" });
  const old = daemonSetOf(resolved(installOf(THICK)));
  const more = [{ ...old, metadata: { ...old.metadata, name: "kube-multus-ds-amd64" } }];
  const otherNames = plan(CANARY, { finalizers: [], more });
  for (const { actions } of [missing, otherNames]) {
    const kinds = kindsOf(actions);
    expect(kinds.indexOf("Reject")).toBeGreaterThan(-1);
    expect(kinds.indexOf("Reject")).toBeLessThan(kinds.findIndex((kind) => WRITES.includes(kind)));
  }
  expect(texts(otherNames)).toContain("Reject");
});
