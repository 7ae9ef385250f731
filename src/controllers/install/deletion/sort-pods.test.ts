import { expect, it } from "vitest";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { sortPods } from "./sort-pods.ts";

const pod = (daemonSet: string, daemonSetUid: string) =>
  ({ name: `${daemonSet}-${daemonSetUid}`, daemonSet, daemonSetUid }) as MultusPodHealth;
const entries = ["a", "b"].map((name) => ({ apiVersion: "apps/v1", kind: "DaemonSet", name }));
const names = (pods: readonly MultusPodHealth[]) => pods.map(({ name }) => name);

it("separates the pods of a DaemonSet that took an own one's name from those that the own one left", () => {
  const pods = [pod("a", "1"), pod("a", "2"), pod("b", "3"), pod("other", "4"), pod("", "")];
  const { own, foreign } = sortPods(pods, entries, [
    { isOwn: false, uid: "2" },
    { isOwn: true, uid: "3" },
  ]);
  expect(names(own)).toEqual(["a-1", "b-3"]);
  expect(names(foreign)).toEqual(["a-2", "other-4"]);
});
