import { describe, expect, it } from "vitest";
import type { ApiObject } from "../../../kube/resource.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { lastComplete } from "../../../render/last-complete.ts";
import type { Action } from "../actions/actions.ts";
import { entryOf } from "../inventory/inventory.ts";
import {
  asLive,
  installOf,
  keptSpec,
  observed,
  resolved,
  type Situation,
  textOf,
} from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";

import { all, kindsOf, phaseOf, plan, THICK, texts } from "./plans.fixture.ts";

const leftovers = (unclean: number, failed = 0, request: object = {}, kept = 0, withoutMultus = 0) =>
  ({ request, withoutMultus, progress: { unclean, failed, kept, warnings: [] } }) as unknown as NonNullable<
    Situation["leftovers"]
  >;
const unclean = (onlyWithoutMultus: boolean) => ({
  directories: { confDir: "/etc/cni/net.d" },
  onlyWithoutMultus,
});
/** The directories that the ConfigMap names which is applied. */
const directoriesIn = (actions: readonly Action[]) => {
  const applied = actions.flatMap((action) => (action.kind === "Apply" ? [action.object] : []));
  const found = applied.find(({ metadata }) => metadata.name === "multus-last-complete");
  return (found?.data as Record<string, string> | undefined)?.["previous-directories.json"];
};

describe("what the previous Multus left", () => {
  const thin = installOf({ mode: "Thin", version: "v4.3.0" });

  it("is removed before a replacement is over, and the new spec is kept only then", () => {
    const more = [keptSpec(thin)];
    const cleaning = plan(THICK, { more, leftovers: leftovers(1) }).unchanged;
    expect(phaseOf(cleaning)?.state).toBe("Inspecting");
    expect(texts(cleaning).join()).not.toContain("multus-last-complete");
    const clean = plan(THICK, { more, leftovers: leftovers(0) }).unchanged;
    expect(phaseOf(clean)?.state).toBe("Complete");
    expect(texts(clean)).toContain("Apply ConfigMap kube-system/multus-last-complete");
  });

  it("is removed although its configuration competes with the new one", () => {
    const unhealthy = [{ node: "node-1", reason: "CompetingConfigurations" as const, message: "two" }];
    const found = plan(THICK, { leftovers: leftovers(1), rollout: { unhealthy } }).unchanged;
    expect(kindsOf(found.actions)).toContain("CleanLeftovers");
  });

  it("in directories that the spec no longer has, and that could not be cleaned, is not forgotten", () => {
    const keptIn = (...given: Parameters<typeof leftovers>) => {
      const more = [keptSpec(installOf(THICK))];
      return directoriesIn(plan(THICK, { more, leftovers: leftovers(...given) }).unchanged.actions);
    };
    const previous = { confDir: "/etc/cni/multus" };
    expect(keptIn(0, 1, { previous })).toBe(JSON.stringify(previous));
    // Another operator begins again with all nodes.
    expect(keptIn(2, 0, { previous })).toBe(JSON.stringify(previous));
    expect(keptIn(0, 0, { previous })).toBe(undefined);
    // A runtime seems to read it: a deletion removes Multus' files.
    expect(keptIn(0, 0, { previous }, 1)).toBe(JSON.stringify(previous));
  });

  it("in directories that the spec no longer has is not forgotten while nodes are not inspected", () => {
    const moved = { ...THICK, cni: { confDir: "/etc/cni/multus" } };
    const found = plan(moved, { more: [keptSpec(installOf(THICK))] }).unchanged;
    expect(directoriesIn(found.actions)).toBe('{"confDir":"/etc/cni/net.d"}');
    const again = plan(moved, {
      more: [asLive(lastComplete(installOf(moved), unclean(false)))],
    });
    expect(directoriesIn(again.unchanged.actions)).toBe('{"confDir":"/etc/cni/net.d"}');
  });

  it("in directories that the spec no longer has is not forgotten while a node has no pod of Multus", () => {
    const previous = { confDir: "/etc/cni/net.d" };
    const moved = { ...THICK, cni: { confDir: "/etc/cni/multus" } };
    const keptBy = (before: ApiObject, ...given: Parameters<typeof leftovers>) => {
      const { actions } = plan(moved, { more: [before], leftovers: leftovers(...given) }).unchanged;
      return directoriesIn(actions);
    };
    const change = keptSpec(installOf(THICK));
    const [all, some] = [JSON.stringify(previous), JSON.stringify({ ...previous, onlyWithoutMultus: true })];
    // Its node selector may have become narrower. The nodes that have Multus are not cleaned again after each start.
    expect(keptBy(change, 0, 0, { previous }, 0, 1)).toBe(some);
    expect(keptBy(change, 0, 1, { previous }, 0, 1)).toBe(all);
    expect(keptBy(change, 0, 0, { previous }, 1, 1)).toBe(all);
    const deletionOnly = asLive(lastComplete(installOf(moved), unclean(true)));
    expect(keptBy(deletionOnly, 0, 0, {}, 0, 1)).toBe(some);
    expect(keptBy(deletionOnly, 1, 0, {}, 0, 1)).toBe(some);
    // Each node has Multus: all are cleaned again, and it is forgotten only then.
    expect(keptBy(deletionOnly, 1, 0, { previous }, 0, 0)).toBe(all);
    expect(keptBy(deletionOnly, 0, 0, { previous }, 0, 0)).toBe(undefined);
  });

  it("is left while nodes are not complete", () => {
    const found = plan(THICK, { leftovers: leftovers(1), rollout: { updated: 1 } });
    expect(kindsOf(found.unchanged.actions)).toContain("AbandonLeftovers");
    expect(kindsOf(all(found))).not.toContain("CleanLeftovers");
  });
});

describe("the end of a rollout", () => {
  const index = (actions: readonly Action[], text: string) => {
    const found = actions.map(textOf).indexOf(text);
    expect(found, text).toBeGreaterThan(-1);
    return found;
  };

  it("records the spec that it keeps before it is written, and prunes last", () => {
    const { actions } = plan(THICK).unchanged;
    const kept = index(actions, "Apply ConfigMap kube-system/multus-last-complete");
    expect(actions.slice(0, kept)).toContainEqual({
      kind: "Record",
      entries: [entryOf(keptSpec(installOf(THICK)))],
    });
    expect(index(actions, "Apply ClusterRoleBinding multus")).toBeLessThan(index(actions, "Prune "));
    expect(actions.at(-1)?.kind).toBe("Prune");
  });

  it("never prunes the NAD CRD: NADs would go with it", () => {
    const wanted = resolved(installOf(THICK));
    const seen = observed(wanted);
    const objects = wanted.rendered.objects.filter(({ metadata }) => metadata.name !== NETWORK_DEFINITION);
    const spec = { ...wanted, rendered: { ...wanted.rendered, objects } };
    expect(seen.inventory.map(({ name }) => name)).toContain(NETWORK_DEFINITION);
    expect(texts(decide(spec, seen).unchanged)).toContain("Prune ");
  });

  it("comes again for nodes on which leftovers remain", () => {
    expect(plan(THICK, { leftovers: leftovers(1) }).unchanged.rechecks).toContain(5);
    expect(plan(THICK, { leftovers: leftovers(0) }).unchanged.rechecks).toEqual([]);
  });
});
