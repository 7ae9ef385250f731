import { describe, expect, it } from "vitest";
import { asLive, installOf, resolved } from "../observe/observed.fixture.ts";
import { revisionOfAll } from "../rollout/live-workloads.ts";
import type { RolloutRecord } from "../rollout/rollout-record.ts";
import type { RolloutState } from "../rollout/rollout-step.ts";
import { canaryGate, heldBack } from "./gate.ts";

const spec = resolved(
  installOf({ mode: "Thick", version: "v4.3.0", rollout: { canary: { nodes: 1, probe: "net" } } }),
);
const daemonSets = spec.rendered.objects.filter(({ kind }) => kind === "DaemonSet");
const revision = revisionOfAll(daemonSets);
const workload = { name: "kube-multus-ds", upToDate: true, deletesConfiguration: true, ending: false };
const gate = (
  more: Partial<RolloutState>,
  known?: RolloutRecord,
  live = daemonSets.map((daemonSet) => asLive(daemonSet)),
) =>
  canaryGate(spec.install, {
    daemonSets,
    workloads: { live: [], obsolete: [], occupiedNodes: [], servingNodes: [], ...more },
    live: { get: ({ name }) => live.find(({ metadata }) => metadata.name === name) },
    previous: known,
  });
const changing = { live: [{ ...workload, upToDate: false }] };
const record = (state: RolloutRecord["state"]): RolloutRecord => ({
  ...{ revision, generation: 1, state, message: "" },
});

describe("a canary's gate", () => {
  it("is open at the first install, and if nothing changes", () => {
    expect(gate({}, undefined, []).kind).toBe("Open");
    expect(gate({ live: [workload] }).kind).toBe("Open");
  });

  it("holds a change until the canary has passed, also once the DaemonSets have the new template", () => {
    expect(gate(changing)).toMatchObject({ kind: "Held", trial: { begins: true } });
    const held = daemonSets.map((daemonSet) => asLive(heldBack(daemonSet, revision)));
    expect(gate({ live: [workload] }, undefined, held)).toMatchObject({
      kind: "Held",
      trial: { begins: false },
    });
    const other = daemonSets.map((daemonSet) => asLive(heldBack(daemonSet, "other")));
    expect(gate({ live: [workload] }, undefined, other).kind).toBe("Open");
  });

  it("stays open for what has passed, and keeps that until it is rolled out", () => {
    expect(gate(changing, record("Passed"))).toEqual({ kind: "Open", record: record("Passed") });
    expect(gate(changing, { ...record("Passed"), revision: "other" }).kind).toBe("Held");
    expect(gate(changing, record("Canary")).kind).toBe("Held");
  });

  it("does not reject a v3 that leaves an architecture: no Multus of another kind is replaced", () => {
    const v3 = resolved(installOf({ version: "v3.4.2", rollout: { canary: { nodes: 1, probe: "net" } } }));
    const wanted = v3.rendered.objects.filter(({ kind }) => kind === "DaemonSet");
    const kindWith = (name: string) =>
      canaryGate(v3.install, {
        daemonSets: wanted,
        workloads: { live: [], obsolete: [{ ...workload, name }], occupiedNodes: [], servingNodes: [] },
        live: { get: () => undefined },
        previous: undefined,
      }).kind;
    expect(kindWith("kube-multus-ds-arm64")).toBe("Open");
    expect(kindWith("kube-multus-ds")).toBe("Rejected");
  });

  it("rejects a change between DaemonSets of other names, unless the previous one is going already", () => {
    const v3 = { ...workload, name: "kube-multus-ds-amd64" };
    expect(gate({ obsolete: [v3] }).kind).toBe("Rejected");
    expect(gate({ obsolete: [{ ...v3, ending: true }] }).kind).toBe("Open");
  });
});
