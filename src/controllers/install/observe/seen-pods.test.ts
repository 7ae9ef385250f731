import { describe, expect, it } from "vitest";
import { secondsToStable, unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { servedNodes } from "../rollout/served-nodes.ts";
import { SeenPods } from "./seen-pods.ts";

const NOW = "2026-01-01T12:00:00Z";
const HOUR = 3_600_000;
const time = (seconds: number) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();
const READY = [{ type: "Ready", status: "True", lastTransitionTime: NOW }];

function pod(metadata: object = {}, status: object = {}) {
  return multusPodHealth({
    metadata: { name: "pod", namespace: "kube-system", uid: "uid", creationTimestamp: NOW, ...metadata },
    spec: { nodeName: "node-1" },
    status,
  });
}

/** It crashed at once, and runs again. */
const restarted = (startedAt: string) =>
  pod(
    {},
    {
      conditions: READY,
      containerStatuses: [
        {
          name: "kube-multus",
          state: { running: { startedAt } },
          lastState: { terminated: { exitCode: 1, startedAt, finishedAt: startedAt } },
        },
      ],
    },
  );

/** An operator whose wall clock differs from the cluster's. */
function operator(skewMs: number) {
  let passed = 0;
  const seen = new SeenPods(() => passed * 1000);
  return {
    seen,
    pass: (seconds: number) => {
      passed += seconds;
    },
    ages: (...pods: ReturnType<typeof pod>[]) =>
      seen.ages(pods, new Set(["kube-system"]), new Date(Date.parse(NOW) + passed * 1000 + skewMs)),
  };
}

describe.each([
  ["with the cluster's clock", 0],
  ["an hour ahead of it", HOUR],
  ["an hour behind it", -HOUR],
])("by an operator %s", (_, skew) => {
  it("a pod is as old as it was observed to be", () => {
    const { ages, pass } = operator(skew);
    expect(ages(pod()).existing(pod())).toBe(0);
    pass(301);
    expect(ages(pod()).existing(pod())).toBe(301);
  });

  it("a node is served when its pod has been Ready for five seconds, and waits again after each time that it was not", () => {
    const { ages, pass } = operator(skew);
    const ready = pod({}, { conditions: READY });
    expect(servedNodes([ready], ages(ready))).toEqual({ served: new Set(), nextInSeconds: 5 });
    pass(5);
    expect(servedNodes([ready], ages(ready))).toEqual({ served: new Set(["node-1"]) });
    const again = pod({}, { conditions: [{ ...READY[0], lastTransitionTime: time(5) }] });
    expect(servedNodes([again], ages(again)).served.size).toBe(0);
    ages(pod());
    pass(5);
    expect(servedNodes([again], ages(again)).served.size).toBe(0);
  });

  it("a pod that crashed while it was observed is believed after twenty seconds", () => {
    const { ages, pass } = operator(skew);
    ages(pod());
    pass(10);
    const again = restarted(time(10));
    expect(secondsToStable([again], ages(again))).toBe(20);
    pass(20);
    expect(secondsToStable([again], ages(again))).toBeUndefined();
  });

  it("a pod is late when its own grace period and a minute are over", () => {
    const { ages, pass } = operator(skew);
    const ending = pod({ deletionTimestamp: time(10), deletionGracePeriodSeconds: 10 });
    expect(unhealthyNodes([ending], ages(ending))).toEqual([]);
    pass(70);
    expect(unhealthyNodes([ending], ages(ending))).toEqual([]);
    pass(1);
    expect(unhealthyNodes([ending], ages(ending))).toMatchObject([{ reason: "StuckTerminating" }]);
  });
});

it("an operator that starts does not report a pod that crashed long ago", () => {
  const { ages } = operator(0);
  const old = restarted("2025-12-01T00:00:00Z");
  expect(secondsToStable([old], ages(old))).toBeUndefined();
});

it("an operator that starts with a clock that is behind believes a pod after as long as any other", () => {
  const { ages, pass } = operator(-HOUR);
  const again = restarted(time(-60));
  expect(secondsToStable([again], ages(again))).toBe(20);
  pass(20);
  expect(secondsToStable([again], ages(again))).toBeUndefined();
});

it("the age of another pod with that name begins again, and a pod that was never asked about has none", () => {
  const { ages, pass } = operator(0);
  ages(pod());
  pass(60);
  const next = pod({ uid: "next" });
  const found = ages(next);
  expect(found.existing(next)).toBe(0);
  expect(found.existing(pod())).toBe(0);
  expect(found.overdue(pod())).toBeLessThan(0);
});

it("a pod that was deleted is terminating, also while its watch hangs, until it is gone", () => {
  const { seen, ages } = operator(0);
  const [old, other] = [pod(), pod({ uid: "other", name: "other" })];
  seen.deleted(old);
  const terminating = () => seen.newest([old, other]).map((each) => each.terminating);
  expect(terminating()).toEqual([true, false]);
  ages(old, other);
  expect(terminating()).toEqual([true, false]);
  ages(other);
  expect(terminating()).toEqual([false, false]);
});

it("keeps what it knows of another install's pods, which are in another namespace", () => {
  const { seen, ages, pass } = operator(0);
  const [own, other] = [pod(), pod({ uid: "other", namespace: "multus" })];
  const agesOfOther = (...pods: (typeof other)[]) => seen.ages(pods, new Set(["multus"]), new Date(NOW));
  ages(own);
  seen.deleted(own);
  pass(10);
  agesOfOther(other);
  pass(10);
  expect(ages(own).existing(own)).toBe(20);
  expect(seen.newest([own])[0]?.terminating).toBe(true);
  expect(agesOfOther(other).existing(other)).toBe(10);
  agesOfOther();
  expect(agesOfOther(other).existing(other)).toBe(0);
});
