import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../crds/kube-object.ts";
import { ApiError } from "../../../kube/errors.ts";
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

describe("what the adoption has rehearsed as new", () => {
  const wanted = resolved(installOf(THICK));
  const seen = observed(wanted, { finalizers: [] });
  const found = (errors: (ApiError | undefined)[]) => {
    const rehearsed = new Map(wanted.rendered.objects.slice(1).map((object, i) => [object, errors[i]]));
    return decide(wanted, { ...seen, adoption: { ...seen.adoption, rehearsed } }).actions;
  };

  it("is not rehearsed again", () => {
    const rehearsal = found([]).find((action) => action.kind === "Rehearse");
    expect(rehearsal?.objects.map(({ kind }) => kind)).toEqual(["CustomResourceDefinition"]);
  });

  it("is rejected before the first write, the first object first, after the right to approve certificates was checked", () => {
    const errors = ["/first", "/second"].map((path) => new ApiError({ method: "PATCH", path }, 422, ""));
    const actions = found([undefined, ...errors]);
    expect(actions[0]?.kind).toBe("ServeCertificates");
    expect(actions[1]).toEqual({ kind: "Reject", error: errors[0] });
    expect(kindsOf(actions.slice(0, 2)).filter((kind) => WRITES.includes(kind))).toEqual([]);
  });
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
