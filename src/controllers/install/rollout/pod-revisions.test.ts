import { describe, expect, it } from "vitest";
import type { ApiObject } from "../../../kube/resource.ts";
import { multusPod } from "../observe/observed.fixture.ts";
import { podRevisions } from "./pod-revisions.ts";

const DS = "kube-multus-ds";
const daemonSet = (generation?: string): ApiObject => ({
  ...{ apiVersion: "apps/v1", kind: "DaemonSet" },
  metadata: {
    ...{ name: DS, namespace: "kube-system", uid: DS },
    annotations: generation === undefined ? {} : { "deprecated.daemonset.template.generation": generation },
  },
});
const pod = (node: string, templateGeneration: string, templateHash: string, daemonSetUid = DS) =>
  multusPod(node, DS, { templateGeneration, templateHash, daemonSetUid });
const nodesOf = (
  ...[live, pods, isSameTemplate = false]:
    | Parameters<typeof podRevisions>
    | [ApiObject, Parameters<typeof podRevisions>[1]]
) => {
  const { current, isUnclear } = podRevisions(live, pods, isSameTemplate);
  return [current.map(({ node }) => node).join(), isUnclear];
};

describe("which pods are of the current template", () => {
  it("are those of its generation: others are from before, as an old copy shows them", () => {
    const mixed = [pod("a", "2", "new"), pod("b", "1", "old")];
    expect(nodesOf(daemonSet("2"), mixed)).toEqual(["a", false]);
    expect(nodesOf(daemonSet("2"), [pod("a", "2", "new"), pod("b", "2", "new")])).toEqual(["a,b", false]);
  });

  it("are those of its hash as well: a template that comes back restarts no pod that has it", () => {
    const back = [pod("a", "3", "first"), pod("b", "1", "first"), pod("c", "2", "second")];
    expect(nodesOf(daemonSet("3"), back)).toEqual(["a,b", false]);
  });

  it("is not clear if all are of an earlier generation, until the API server has no pod of the current one", () => {
    const earlier = [pod("a", "1", "first"), pod("b", "1", "first")];
    expect(nodesOf(daemonSet("3"), earlier)).toEqual(["", true]);
    expect(nodesOf(daemonSet("3"), earlier, true)).toEqual(["a,b", false]);
    // Of two templates, one at most is the current: the copy is old.
    expect(nodesOf(daemonSet("3"), [...earlier, pod("c", "2", "second")], true)).toEqual(["", false]);
    expect(nodesOf(daemonSet("3"), [], true)).toEqual(["", false]);
  });

  it("are none of another DaemonSet of that name", () => {
    expect(nodesOf(daemonSet("1"), [pod("a", "1", "x", "deleted"), pod("b", "1", "x")])).toEqual([
      "b",
      false,
    ]);
  });

  it("are all if the API server does not count templates", () => {
    expect(nodesOf(daemonSet(), [pod("a", "1", "x")])).toEqual(["a", false]);
  });
});
