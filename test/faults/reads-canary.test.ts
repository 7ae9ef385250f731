import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../src/crds/network-attachment-definition.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { HollowCluster, NODE_COUNT } from "./hollow-cluster.ts";
import { FAULTS, RESOURCES } from "./read-faults.ts";

/**
 * A change with a canary, by an operator whose lists and watches are late, refused or cut off: the new Multus comes to
 * one node and is probed there, before it comes to the others.
 */

let cluster: HollowCluster;
const LEVELS = ["error", "debug"] as const;
const specOf = (level: string) => ({
  mode: "Thick",
  logging: { level },
  nodes: { inspection: "Off" },
  rollout: { canary: { nodes: 1, probe: "probe-net" } },
});
const PROBE = { type: NETWORK_ATTACHMENT_DEFINITIONS, namespace: "kube-system", name: "probe-net" };
const PROBE_NETWORK = {
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name: PROBE.name, namespace: PROBE.namespace },
  spec: { config: JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", master: "eth0" }) },
};
const expected: Record<string, Record<string, unknown>> = {};
let next = 0;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  cluster.nodes.network = "kube-system/probe-net";
  await cluster.undisturbed(async () => {
    for (const level of [...LEVELS, LEVELS[0]]) {
      await cluster.put(specOf(level));
      expected[level] = await cluster.reference();
      await cluster.client.apply(PROBE, PROBE_NETWORK, { fieldManager: "test", force: true });
    }
  });
});
afterAll(async () => await cluster?.stop());

let level: string;

beforeEach(async () => {
  level = LEVELS[++next % 2] ?? "";
  await cluster.put(specOf(level));
  cluster.forget();
});

it.each(Object.keys(RESOURCES).flatMap((resource) => FAULTS.map((fault) => [resource, fault] as const)))(
  "%s %s: one node, a probe, and then the others",
  async (resource, fault) => {
    const seen = await cluster.disturbed(resource, fault, () => cluster.settled(expected[level]));
    expect(seen.writesInTheDark).toEqual([]);
    expect([...seen.tooEarly]).toEqual([]);
    if (fault !== "cut" && resource !== "installs")
      expect([...seen.syncing].join("\n")).toMatch(seen.names(resource));
    const started = cluster.nodes.started.map(({ name }) => name).filter((name) => name !== GUARD);
    // A copy of the status from before the probe may have it done once more.
    const once = started.filter((name, index) => name !== "multus-probe" || started[index - 1] !== name);
    expect(once).toEqual(["multus", "multus-probe", ...Array(NODE_COUNT - 1).fill("multus")]);
    expect(await cluster.state()).toEqual(expected[level]);
  },
);
