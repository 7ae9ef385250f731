import { describe, expect, it } from "vitest";
import type { KubeClient } from "../../../kube/client.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import { KubeletEvents, recentMessages } from "./kubelet-events.ts";

const START = Date.parse("2026-01-01T12:00:00Z");
const HOUR = 3_600_000;
const log = { warn: () => {} } as unknown as Logger;

/** What an operator lists of the events that there are, by a wall clock that differs from the cluster's. */
function operator(skewMs: number) {
  let passed = 0;
  let items: object[] = [];
  let lists = 0;
  let outdated = 0;
  const answer = () => Buffer.from(JSON.stringify({ metadata: { resourceVersion: "1" }, items }));
  const client = {
    request: async () => {
      lists++;
      return { statusCode: 200, headers: {}, body: [answer()] };
    },
  } as unknown as KubeClient;
  const events = new KubeletEvents(
    client,
    () => outdated++,
    () => passed * 1000,
    () => START + skewMs + passed * 1000,
  );
  return {
    has: (...secondsAgo: number[]) => {
      items = secondsAgo.map((ago, index) => ({
        metadata: { uid: `event-${index}` },
        involvedObject: { uid: `pod-${index}` },
        message: `message ${index}`,
        lastTimestamp: new Date(START + (passed - ago) * 1000).toISOString(),
      }));
    },
    pass: (seconds: number) => {
      passed += seconds;
    },
    recent: async (about = ["pod-0", "pod-1"], needed = about) => {
      const uids = { about, needed };
      const found = recentMessages((await events.withReason("kube-system", "FailedMount", uids, log)) ?? []);
      events.stop();
      return found.map(({ uid }) => uid);
    },
    lists: () => lists,
    outdated: () => outdated,
  };
}

describe.each([
  ["an hour ahead", HOUR],
  ["an hour behind", -HOUR],
])("with a clock %s", (_, skew) => {
  it("an event that is reported again is recent, and for five minutes", async () => {
    const { has, pass, recent } = operator(skew);
    await recent();
    pass(20);
    has(1);
    expect(await recent()).toEqual(["pod-0"]);
    pass(200);
    has(201);
    expect(await recent()).toEqual(["pod-0"]);
    pass(100);
    has(301);
    expect(await recent()).toEqual([]);
    pass(20);
    has(1);
    expect(await recent()).toEqual(["pod-0"]);
  });
});

it("an event that the first list shows is as old as its time shows", async () => {
  const { has, recent } = operator(0);
  has(100, 301);
  expect(await recent()).toEqual(["pod-0"]);
});

it("asks again about an object that the last list was not asked about, and at most once in five seconds", async () => {
  const { has, pass, recent, lists } = operator(0);
  has(1, 1);
  expect(await recent(["pod-0"])).toEqual(["pod-0"]);
  pass(4);
  expect(await recent()).toEqual(["pod-0"]);
  expect(lists()).toBe(1);
  pass(1);
  expect(await recent(undefined, ["pod-0"])).toEqual(["pod-0"]);
  expect(lists()).toBe(1);
  expect((await recent()).toSorted()).toEqual(["pod-0", "pod-1"]);
  expect(lists()).toBe(2);
  pass(14);
  await recent();
  expect(lists()).toBe(2);
});

it("takes an event about an object that it was not asked about before for as old as its time shows", async () => {
  const { has, pass, recent } = operator(0);
  has(1000, 1000);
  expect(await recent(["pod-0"])).toEqual([]);
  pass(20);
  has(1020, 1020);
  expect(await recent()).toEqual([]);
});
