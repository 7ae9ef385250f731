import { describe, expect, test } from "vitest";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import { recentMessages, seenEvent } from "./kubelet-events.ts";
import { lacksPods } from "./rejected-pods.ts";

const NAME = "kube-multus-ds";
const daemonSet = (updated: number, spec: object = {}): ApiObject => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: NAME, namespace: "kube-system", generation: 2 },
  spec,
  status: { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: updated },
});
const pod = (state: Partial<MultusPodHealth> = {}) =>
  ({ daemonSet: NAME, ready: true, terminating: false, ...state }) as MultusPodHealth;
const ON_DELETE = { updateStrategy: { type: "OnDelete" } };

describe("a DaemonSet lacks pods", () => {
  test.each([
    ["if nodes are to be updated and no pod is on its way", daemonSet(1), [pod(), pod()], true],
    ["also if a previous one runs on until the next one is there", daemonSet(0), [pod(), pod(), pod()], true],
    ["not if all nodes are updated", daemonSet(3), [pod(), pod(), pod()], false],
    ["not if a pod starts", daemonSet(1), [pod(), pod({ ready: false })], false],
    ["not if a pod ends", daemonSet(1), [pod(), pod({ terminating: true })], false],
    ["not if users replace the pods", daemonSet(0, ON_DELETE), [pod(), pod(), pod()], false],
    ["if users replace the pods and one is missing", daemonSet(0, ON_DELETE), [pod(), pod()], true],
    ["whatever another DaemonSet has", daemonSet(1), [pod(), pod({ daemonSet: "x", ready: false })], true],
  ])("%s", (_, object, pods, expected) => {
    expect(lacksPods(object, pods)).toBe(expected);
  });

  test("not while its controller has not seen it", () => {
    const live = daemonSet(0);
    live.metadata.generation = 3;
    expect(lacksPods(live, [])).toBe(false);
  });
});

test("of several events about an object the last one counts, and old ones do not", () => {
  const event = (message: string, lastTimestamp: string) => ({
    involvedObject: { uid: "a" },
    message,
    lastTimestamp,
  });
  const events = [
    event("second", "2026-11-24T11:58:00Z"),
    event("first", "2026-11-24T11:50:00Z"),
    event("too old", "2026-11-24T11:00:00Z"),
  ];
  const now = Date.parse("2026-11-24T12:00:00Z");
  const seen = events.map((object) => seenEvent(object, ({ at }) => (now - at) / 1000));
  const found = recentMessages(seen, 1200);
  expect(found.map(({ message }) => message)).toEqual(["first", "second"]);
});
