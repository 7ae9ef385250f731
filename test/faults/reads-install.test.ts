import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { HollowCluster, NODE_COUNT } from "./hollow-cluster.ts";
import { FAULTS, RESOURCES } from "./read-faults.ts";

/**
 * An install by an operator whose lists and watches are late, refused or cut off: nothing is written before it is
 * known what there is, the distribution is not guessed, and Ready is not said before it is so.
 */

let cluster: HollowCluster;
let expected: Record<string, unknown>;

beforeAll(async () => {
  cluster = await HollowCluster.start();
  await cluster.put({});
  await cluster.undisturbed(async () => {
    expected = await cluster.reference();
  });
  expect(JSON.stringify(expected)).toContain("/var/lib/rancher/k3s/");
});
afterAll(async () => await cluster?.stop());

beforeEach(async () => {
  await cluster.clear();
  await cluster.put({});
});

it.each(Object.keys(RESOURCES).flatMap((resource) => FAULTS.map((fault) => [resource, fault] as const)))(
  "%s %s: ends as without the fault",
  async (resource, fault) => {
    const seen = await cluster.disturbed(resource, fault, () => cluster.settled(expected));
    expect(seen.writesInTheDark).toEqual([]);
    expect([...seen.tooEarly]).toEqual([]);
    // Without MultusInstalls there is no status to say it in.
    if (fault !== "cut" && resource !== "installs")
      expect([...seen.syncing].join("\n")).toMatch(seen.names(resource));
    expect(cluster.nodesOf("inspect")).toHaveLength(NODE_COUNT);
    expect(await cluster.state()).toEqual(expected);
  },
);
