import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { DAEMON_SET, HollowCluster, NODE_COUNT } from "./hollow-cluster.ts";
import { FAULTS, RESOURCES } from "./read-faults.ts";

/**
 * Another release of Multus, by an operator whose lists and watches are late, refused or cut off: the guard is put on
 * every node before a pod of Multus ends, and Ready is not said before every node has the new one.
 */

let cluster: HollowCluster;
const VERSIONS = ["v4.3.0", "v4.2.4"] as const;
const specOf = (version: string) => ({ version, mode: "Thick" });
const expected: Record<string, Record<string, unknown>> = {};
let next = 0;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.undisturbed(async () => {
    for (const version of [...VERSIONS, VERSIONS[0]]) {
      await cluster.put(specOf(version));
      expected[version] = await cluster.reference();
    }
  });
});
afterAll(async () => await cluster?.stop());

let version: string;

beforeEach(async () => {
  version = VERSIONS[++next % 2] ?? "";
  await cluster.put(specOf(version));
  cluster.forget();
});

it.each(Object.keys(RESOURCES).flatMap((resource) => FAULTS.map((fault) => [resource, fault] as const)))(
  "%s %s: the guard comes first, and all nodes follow",
  async (resource, fault) => {
    const seen = await cluster.disturbed(resource, fault, () => cluster.settled(expected[version]));
    expect(seen.writesInTheDark).toEqual([]);
    expect([...seen.tooEarly]).toEqual([]);
    if (fault !== "cut" && resource !== "installs")
      expect([...seen.syncing].join("\n")).toMatch(seen.names(resource));
    const ended = cluster.nodes.ended.filter(({ name }) => name === "multus");
    expect(ended).toHaveLength(NODE_COUNT);
    expect(ended.filter(({ next }) => !next.includes(GUARD))).toEqual([]);
    const started = cluster.nodes.started.map(({ name }) => name).filter(Boolean); // tasks have no such label
    expect(started).toEqual([...Array(NODE_COUNT).fill(GUARD), ...Array(NODE_COUNT).fill("multus")]);
    expect(await cluster.client.get({ ...DAEMON_SET, name: GUARD })).toBeUndefined();
    expect(await cluster.state()).toEqual(expected[version]);
  },
);
